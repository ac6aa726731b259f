/** Runs killed at each step that takes a volume group on: it is cut once, and nothing is left. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type CsiClaims, createCsiClaims } from "../support/csi-claims.ts";
import { type Failpoint, killTimeoutMs } from "../support/failpoints.ts";
import { frontKubeconfig } from "../support/front-kubeconfig.ts";
import { type HttpFront, startHttpFront } from "../support/http-front.ts";
import { killAt } from "../support/kill-at.ts";
import { readKubeconfig } from "../support/kube-client.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { uniqueNamespace } from "../support/shared-testbed.ts";

const groups = /\/namespaces\/[^/]+\/volumegroupsnapshots(?:\/|\?|$)/;
const contents = /\/volumegroupsnapshotcontents(?:\/|\?|$)/;
const members = /\/namespaces\/[^/]+\/volumesnapshots\//;

/** Writes of a backup about a group, in their order. */
const steps: readonly (Failpoint & { readonly hit: number; readonly sealed?: true })[] = [
  { name: "the making of the group", method: "POST", path: groups, hit: 1 },
  { name: "the marks of a member", method: "PATCH", path: members, hit: 2 },
  { name: "the marks of the group", method: "PATCH", path: contents, hit: 1 },
  { name: "the hold of the group", method: "PATCH", path: contents, hit: 2 },
  { name: "the removal of the group", method: "DELETE", path: groups, hit: 1, sealed: true },
  { name: "the removal of its content", method: "DELETE", path: contents, hit: 1, sealed: true },
];

describe("volume groups of processes that are killed", {
  skip: await whyNoSharedNode(),
  timeout: killTimeoutMs,
}, () => {
  const namespace = uniqueNamespace("cuts");
  const volumes: string[] = [];
  let node: NodeAccess;
  let claims: CsiClaims;
  let ark: Ark;
  let api: HttpFront;

  before(async () => {
    node = await sharedNode();
    claims = await createCsiClaims(node, namespace);
    // The first answer of the driver is always lost.
    const groupClass = await claims.groupClass("lost", { fault: "answer-lost", members: "bound" });
    for (const name of ["data", "log"]) {
      volumes.push(await claims.create(name, { group: "db", groupClass }));
    }
    ark = createArk("replaced below");
    const { cluster, ca, cert, key } = readKubeconfig(node.controlPlane.kubeconfig);
    api = await startHttpFront(cluster["server"]!, { ca: ca!, cert: cert!, key: key! });
    writeFileSync(join(ark.home, "kubeconfig"), frontKubeconfig(api.endpoint));
  });
  after(async () => {
    await claims?.remove();
    await api?.close();
    ark?.remove();
  });

  const flags = (): string[] => [
    ...["--mode", "standalone", "--kubeconfig", join(ark.home, "kubeconfig")],
  ];
  const backUp = (name: string): string[] => [
    ...["backup", "create", name, "--include-namespaces", namespace, ...flags()],
  ];
  const cutsOf = (): readonly number[] => [
    claims.groups(...volumes).length,
    ...volumes.map((volume) => claims.snapshots(volume).length),
  ];
  const dies = async ({ hit, ...step }: (typeof steps)[number], name: string): Promise<void> => {
    const { isHit, ended } = await killAt([[api, [step]]], { name: step.name, hit }, (onPid) =>
      ark.runWith({ onPid }, ...backUp(name)),
    );
    assert.ok(isHit, `no run comes to ${step.name}: ${ended.stdout}${ended.stderr}`);
    assert.equal(ended.status, -1, `the process was not killed: ${ended.stderr}`);
  };

  for (const step of steps) {
    it(`goes on after ${step.name}: it is cut once, and nothing is left`, async () => {
      await dies(step, "b");
      const again = await ark.run(...backUp("b"));
      // One that was sealed when its process died has its name.
      const isTaken = step.sealed === true && again.stderr.includes("ARK_NAME_TAKEN");
      assert.ok(isTaken || again.status === 0, `${again.stdout}${again.stderr}`);
      assert.deepEqual(cutsOf(), [1, 1, 1]);
      assert.deepEqual(await claims.objectsLeft(), []);
      await ark.ok("backup", "delete", "b", "--confirm", ...flags());
      assert.deepEqual(cutsOf(), [0, 0, 0]);
      assert.deepEqual(await claims.objectsLeft(), []);
    });
  }

  it("is discarded before its seal: the storage has nothing of it", async () => {
    for (const step of steps.filter(({ sealed }) => sealed === undefined)) {
      await dies(step, "d");
      await ark.ok("backup", "discard", "d", "--confirm", ...flags());
      assert.deepEqual(cutsOf(), [0, 0, 0], step.name);
      assert.deepEqual(await claims.objectsLeft(), [], step.name);
    }
  });
});
