import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { isGroup, type LeafSpec } from "../../../src/cli/command-spec.ts";
import { commandTree } from "../../../src/cli/command-tree.ts";
import { disableableControllers } from "../../../src/server/controllers-of.ts";
import { refusedFlagRows } from "../../support/server-flags-table.ts";

/** Velero 1.18.3, `pkg/cmd/server/config/config.go`, and the global ones that install passes on. */
const velerosFlags = `
  log-level log-format plugin-dir metrics-address backup-sync-period fs-backup-timeout restore-only
  disable-controllers restore-resource-priorities default-backup-storage-location
  store-validation-frequency client-qps client-burst client-page-size profiler-address
  terminating-resource-timeout default-backup-ttl volume-group-snapshot-label-key
  default-repo-maintain-frequency garbage-collection-frequency item-operation-sync-frequency
  default-volumes-to-fs-backup uploader-type default-item-operation-timeout resource-timeout
  max-concurrent-k8s-connections default-snapshot-move-data disable-informer-cache
  schedule-skip-immediately default-volume-snapshot-locations backup-repository-configmap
  repo-maintenance-job-configmap item-block-worker-count concurrent-backups
  global-backup-volume-policies-configmap features namespace kubeconfig
`
  .trim()
  .split(/\s+/);

const server = commandTree.children.find(({ name }) => name === "server");
assert.ok(server !== undefined && !isGroup(server));
const { flags, later = [] }: LeafSpec = server;

describe("flags of ark-ts server", () => {
  it("are Velero's, or refused with a reason; none is unknown, none is both", () => {
    const own = flags.map(({ name }) => name);
    const refused = later.map(({ name }) => name);
    for (const name of velerosFlags) {
      assert.ok(own.includes(name) !== refused.includes(name), name);
    }
    assert.deepEqual(
      refused.filter((name) => !velerosFlags.includes(name)),
      [],
    );
  });

  it("that are refused stand in docs/compatibility.md with the same reason", () => {
    const page = readFileSync("docs/compatibility.md", "utf8");
    for (const row of refusedFlagRows()) assert.ok(page.includes(row), row);
  });

  it("name for --disable-controllers only controllers of Velero's", () => {
    const known = [
      ...["backup-queue", "backup", "backup-operations", "backup-deletion", "backup-finalizer"],
      ...["backup-sync", "download-request", "gc", "backup-repo", "restore", "restore-operations"],
      ...["schedule", "server-status-request", "restore-finalizer"],
    ];
    assert.deepEqual(
      disableableControllers.filter((name) => !known.includes(name)),
      [],
    );
  });
});
