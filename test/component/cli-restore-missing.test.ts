/** What only the record of a restore has is not deleted with the record. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createApiServer } from "../support/api-server/api-server.ts";
import type { Faults } from "../support/api-server/faults.ts";
import type { Listener } from "../support/api-server/listen.ts";
import { freshHome } from "../unit/cli/fresh-home.ts";
import { kubeconfigFor } from "./shop-with-volumes.ts";

const settings = "/api/v1/namespaces/shop/configmaps";

/** But for what only asks. */
const refuseCreates: Faults = ({ method, path, query }) =>
  method === "POST" && path === settings && !query.has("dryRun") ? { status: 422 } : undefined;

describe("restore delete of a restore that deleted an object and could make nothing in its place", () => {
  const { run } = freshHome();
  const folder = mkdtempSync(join(tmpdir(), "ark-missing-"));
  const at = ["--kubeconfig", join(folder, "kubeconfig")];
  const server = createApiServer();
  let listener: Listener;
  const ok = async (...words: readonly string[]): Promise<string> => {
    const { status, out, err } = await run(...words, ...at);
    assert.equal(status, 0, err);
    return out;
  };
  const call = async (method: string, path: string, body?: object): Promise<number> => {
    const headers = { "content-type": "application/merge-patch+json" };
    const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
    return (await fetch(`${listener.url}${path}`, { method, ...sent })).status;
  };
  /** A restore `name` that deletes the drifted object, and is refused both it and its former self. */
  const lose = async (name: string): Promise<void> => {
    await call("PATCH", `${settings}/rates`, { data: { drift: name } });
    server.faults = refuseCreates;
    const policy = ["--existing-resource-policy", "recreate"];
    const lost = await run("restore", "create", name, "--from-backup", "b", ...policy, ...at);
    server.faults = undefined;
    assert.equal(lost.status, 3, lost.err);
    assert.match(lost.out, /ARK_OBJECT_NOT_REMADE/);
    assert.equal(await call("GET", `${settings}/rates`), 404);
  };
  before(async () => {
    const status = { phase: "Active" };
    server.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" }, status });
    for (const name of ["menu", "rates"]) {
      server.seed({
        ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" } },
        data: { name },
      });
    }
    listener = await server.listen();
    writeFileSync(join(folder, "kubeconfig"), kubeconfigFor(listener.url));
    await ok("backup", "create", "b");
  });
  after(async () => {
    await listener.close();
    rmSync(folder, { recursive: true });
  });

  it("is refused, by name and with --all, and says how to have it back", async () => {
    await lose("r1");
    await ok(
      "restore",
      "create",
      "whole",
      "--from-backup",
      "b",
      "--include-resources",
      "namespaces",
    );
    for (const which of [["r1"], ["whole", "r1"], ["--all"]]) {
      const { status, err } = await run("restore", "delete", ...which, "--confirm", ...at);
      assert.equal(status, 1);
      assert.match(err, /1 object may be missing from the cluster, and deleting .*"shop\/rates"/);
      assert.match(err, /have them back, .*ark-ts restore undo .*r1$/m);
      assert.match(err, /restore delete .*r1 --lose-missing$/m);
      assert.match(err, /ARK_OBJECT_NOT_REMADE/);
    }
    assert.match(await ok("restore", "get"), /^r1 [\s\S]*^whole /m, "nothing was deleted");
  });

  it("is still refused after an undo that could not make it either, and not after one that did", async () => {
    server.faults = refuseCreates;
    const failed = await run("restore", "undo", "r1", "--confirm", ...at);
    server.faults = undefined;
    assert.equal(failed.status, 3, failed.err);
    assert.equal((await run("restore", "delete", "r1", "--confirm", ...at)).status, 1);
    await ok("restore", "undo", "r1", "--confirm");
    assert.equal(await call("GET", `${settings}/rates`), 200);
    await ok("restore", "delete", "r1", "--confirm");
  });

  it("is refused when undoing has deleted what the restore made, and could not make the former one", async () => {
    await call("PATCH", `${settings}/rates`, { data: { drift: "yes" } });
    await ok(
      ...["restore", "create", "anew", "--from-backup", "b"],
      ...["--existing-resource-policy", "recreate"],
    );
    server.faults = refuseCreates;
    assert.equal((await run("restore", "undo", "anew", "--confirm", ...at)).status, 3);
    server.faults = undefined;
    const { status, err } = await run("restore", "delete", "anew", "--confirm", ...at);
    assert.equal(status, 1, err);
    assert.match(err, /"shop\/rates"/);
    await ok("restore", "undo", "anew", "--confirm");
    await ok("restore", "delete", "anew", "--confirm");
  });

  it("is done with --lose-missing, which says what is lost", async () => {
    await lose("r2");
    const told = await ok("restore", "delete", "r2", "--lose-missing", "--confirm");
    assert.match(told, /what was kept of 1 object that may be missing from the cluster is lost/);
    assert.doesNotMatch(await ok("restore", "get"), /^r2 /m);
  });
});
