/** Azure's own SDK, with the calls of Velero's plugin, on the double that ours is tested on. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { openVolumeSnapshotter } from "../../plugins/registry.ts";
import { zoneOfVolume } from "../../src/domain/volumes/native/zone-of-volume.ts";
import {
  type ArmDouble,
  armGroup,
  armId,
  armSubscription,
  startArmDouble,
} from "../support/arm-double.ts";
import type { ArmBody } from "../support/arm-rules.ts";
import { azureCsiVolume } from "../support/azure-volumes.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { whyNoGo } from "../testbed/go-toolchain.ts";

const skip =
  process.env["ARK_TEST_AZURE_SDK"] === "1"
    ? await whyNoGo()
    : "by flag: ARK_TEST_AZURE_SDK=1 builds Azure's SDK for Go";
const how = { signal: new AbortController().signal };

/** What the SDK was told, in the words of `test/testbed/go/azure-disks`. */
async function bySdk({ endpoint }: ArmDouble, disk: string, Token = "token-of-the-double") {
  const place = { Endpoint: endpoint, Subscription: armSubscription, Group: armGroup, Zone: "2" };
  const question = JSON.stringify({ ...place, Token, Disk: disk });
  const child = spawn(await ensureBinary("azure-disks"), [question]);
  const [out, err] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { told: out === "" ? undefined : JSON.parse(out), err };
}

describe("the double of Azure Resource Manager", { skip }, () => {
  let double: ArmDouble;
  before(async () => {
    double = await startArmDouble();
    double.operations.isQuick = true;
  });
  after(() => double?.stop());

  for (const tracking of ["operation", "location", "none"] as const) {
    it(`is one to Azure's SDK, with operations followed by ${tracking}`, async () => {
      double.operations.tracking = tracking;
      const name = `followed-${tracking}`;
      double.makeDisk({ name });
      const { told, err } = await bySdk(double, name);
      assert.deepEqual(
        told,
        {
          Snapshot: armId("snapshots", `${name}-snapshot`),
          Volume: armId("disks", "restore"),
          States: ["Succeeded", "Succeeded"],
          Gone: true,
          Missing: "ResourceNotFound",
        },
        err,
      );
      double.resources.delete(armId("disks", "restore").toLowerCase());
    });
  }

  it("refuses it as Azure does: a token that is none, a name that is taken", async () => {
    double.makeDisk({ name: "refused" });
    assert.match((await bySdk(double, "refused", "none")).err, /401[\s\S]*AuthenticationFailed/);
    double.makeDisk({ name: "restore" });
    double.operations.tracking = "operation";
    assert.match((await bySdk(double, "refused")).err, /PropertyChangeNotAllowed/);
    double.resources.delete(armId("disks", "restore").toLowerCase());
  });

  it("gets the same of ark-ts, but for names and tags", async () => {
    double.operations.tracking = "operation";
    double.makeDisk({ name: "same" });
    const bodies = (from: number): readonly ArmBody[] =>
      double.asked.slice(from).flatMap(({ method, body }) => (method === "PUT" ? [body] : []));
    const [first, clock] = [
      double.asked.length,
      createVirtualClock({ jump: true, startMs: Date.now() }),
    ];
    assert.equal((await bySdk(double, "same")).err, "");
    const second = double.asked.length;
    const context = { env: double.env, homeDirectory: "/none", clock, zoneOf: zoneOfVolume };
    const location = { name: "disks", provider: "azure", config: {} };
    const snapshotter = await openVolumeSnapshotter(location, context);
    try {
      const claimed = await snapshotter.claim(azureCsiVolume(armId("disks", "same")), how);
      const { volumeType } = await snapshotter.describe(claimed!, how);
      const own = { tags: {}, idempotencyKey: "same" };
      const { snapshotId } = await snapshotter.createSnapshot({ ...claimed!, ...own }, how);
      const next = { snapshotId, volumeType, zone: claimed!.zone, idempotencyKey: "same" };
      await snapshotter.createVolume(next, how);
    } finally {
      await snapshotter.close();
    }
    // What differs on purpose, and the source of the second, which is the first's own name.
    const plain = ({ tags: _tags, name: _name, ...body }: ArmBody & { name?: string }): string =>
      JSON.stringify(sorted(body)).replace(/(snapshots\/)[\w-]+/, "$1…");
    const [velero, ours] = [bodies(first).slice(0, 2), bodies(second)];
    assert.equal(velero.length, 2);
    assert.deepEqual(ours.map(plain), velero.map(plain));
  });
});

/** With the keys of objects in their order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
