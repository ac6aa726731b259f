import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createApiServer } from "../support/api-server/api-server.ts";
import type { Listener } from "../support/api-server/listen.ts";
import { freshHome } from "../unit/cli/fresh-home.ts";
import { fillShopWithVolumes, kubeconfigFor } from "./shop-with-volumes.ts";

describe("the coverage of volumes", () => {
  const { run } = freshHome();
  const folder = mkdtempSync(join(tmpdir(), "ark-coverage-"));
  const kubeconfig = join(folder, "kubeconfig");
  const policies = join(folder, "policies.yaml");
  const server = createApiServer({});
  let listener: Listener;
  before(async () => {
    fillShopWithVolumes(server);
    listener = await server.listen();
    writeFileSync(kubeconfig, kubeconfigFor(listener.url));
    const skip = (conditions: object) => ({ conditions, action: { type: "skip" } });
    const volumePolicies = [
      skip({ storageClass: ["scratch"] }),
      skip({ volumeTypes: ["hostPath"] }),
    ];
    writeFileSync(policies, JSON.stringify({ version: "v1", volumePolicies }));
  });
  after(async () => {
    await listener.close();
    rmSync(folder, { recursive: true });
  });
  const ark = (...words: readonly string[]) => run("backup", ...words, "--kubeconfig", kubeconfig);
  const shop = ["--include-namespaces", "shop"];
  const statesOf = async (name: string): Promise<readonly string[]> => {
    const { out } = await ark("describe", name, "-o", "json");
    type Volume = Readonly<Record<string, string | number>>;
    const volumes = JSON.parse(out).volumes as readonly Volume[];
    return volumes.map(
      ({ kind, name: own, pod, volume, state, method, by, rule }) =>
        `${kind} ${own ?? `${pod}/${volume}`}: ${state} ${method ?? "-"} ${by} ${rule ?? "-"}`,
    );
  };

  it("names what nothing protects in a warning, and keeps the backup completed", async () => {
    const { status, out } = await ark("create", "plain", ...shop);
    assert.equal(status, 0, out);
    assert.match(out, /volumes {3}4 volumes: 3 NOT PROTECTED, 1 left out\n/);
    assert.match(
      out,
      /claim shop\/data: the cluster does not serve snapshot\.storage\.k8s\.io\/v1 \(CSI snapshot/,
    );
    assert.deepEqual(await statesOf("plain"), [
      "pod-volume web/tmp: left-out - volume -",
      "claim cache: unprotected native-snapshot default -",
      "claim data: unprotected csi-snapshot default -",
      "pod-volume web/logs: unprotected - default -",
    ]);
    const { out: results } = await ark("describe", "plain");
    assert.match(
      results,
      /the data of 3 volumes is NOT PROTECTED: claim shop\/cache, claim shop\/data/,
    );
    assert.match(results, /Volumes: +4 volumes: 3 NOT PROTECTED, 1 left out\n/);
  });

  it("tells the rule that left a volume out, and needs no volume in the backup for it", async () => {
    const flags = ["--resource-policies-file", policies, "--include-cluster-resources=false"];
    const { status, out } = await ark("create", "ruled", ...shop, ...flags);
    assert.equal(status, 0, out);
    assert.deepEqual(await statesOf("ruled"), [
      "claim cache: left-out - policy 0",
      "pod-volume web/logs: left-out - policy 1",
      "pod-volume web/tmp: left-out - volume -",
      "claim data: unprotected csi-snapshot default -",
    ]);
    const { out: text } = await ark("describe", "ruled", "--details");
    assert.match(text, /claim shop\/cache: left out, volumePolicies\[0\]/);
  });

  it("--require-coverage makes of it an error and exit status 3, and the backup is kept", async () => {
    const { status, out } = await ark("create", "strict", ...shop, "--require-coverage");
    assert.equal(status, 3);
    assert.match(out, /error +the data of 3 volumes is NOT PROTECTED/);
    assert.match(out, /where nothing asks for data \(--require-coverage;.*this is a warning/);
    assert.equal((await ark("verify", "strict")).status, 0);
  });

  it("--require-coverage is content where rules leave out what is not protected", async () => {
    const flags = ["--exclude-resources", "persistentvolumeclaims,persistentvolumes"];
    const policy = ["--resource-policies-file", policies];
    const { status, out } = await ark(
      "create",
      "content",
      ...shop,
      ...flags,
      ...policy,
      "--require-coverage",
    );
    assert.equal(status, 0, out);
    assert.ok((await statesOf("content")).every((text) => text.includes("left-out")));
  });

  it("an annotation that names no volume of its pod is a warning", async () => {
    const { out } = await ark("create", "typo", ...shop);
    assert.match(
      out,
      /annotation backup\.velero\.io\/backup-volumes of pod shop\/web names volume "dta"/,
    );
  });
});
