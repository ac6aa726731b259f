/** The built-in volume snapshotter for RBD on a real Ceph: contract, bytes, and what is left. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { hasCode } from "../../src/lib/errors.ts";
import type { VolumeSnapshotter } from "../../src/ports/volume-snapshotter.ts";
import {
  type CephVolumes,
  cephCsiVolume,
  dataPool,
  pool,
  startCephVolumes,
} from "../support/ceph-volumes.ts";
import { whyNoFetchedCeph } from "../testbed/ceph-programs.ts";
import { describeVolumeSnapshotter } from "./volume-snapshotter.ts";

const skip = (await whyNoFetchedCeph()) ?? false;
const how = { signal: new AbortController().signal };
const tags = { "velero.io/backup": "nightly", "velero.io/pv": "pv-one" };

let started: Promise<CephVolumes> | undefined;
const shared = (): Promise<CephVolumes> => {
  started ??= startCephVolumes();
  return started;
};
after(async () => (await started)?.stop());

const open = async () => {
  const volumes = await shared();
  const snapshotter = await volumes.open();
  const makeVolume = async () => {
    const volumeId = await volumes.make();
    return { volumeId, volume: cephCsiVolume(volumeId) };
  };
  const { snapshotsOf, volumesOf } = volumes;
  return { snapshotter, makeVolume, snapshotsOf, volumesOf, dispose: () => snapshotter.close() };
};
describeVolumeSnapshotter("the one for RBD", open, { skip });

describe("snapshots of RBD", { skip }, () => {
  let ceph: CephVolumes;
  let ours: VolumeSnapshotter;
  before(async () => {
    ceph = await shared();
    ours = await ceph.open();
  });
  after(() => ours?.close());

  const snapshot = async (volumeId: string, snapshotter = ours, key: string = randomUUID()) => {
    const request = { volumeId, zone: "west-1", tags, idempotencyKey: key };
    return (await snapshotter.createSnapshot(request, how)).snapshotId;
  };
  const restore = async (snapshotId: string, snapshotter = ours, key: string = randomUUID()) => {
    const request = { snapshotId, zone: "west-1", volumeType: "ceph-rbd", idempotencyKey: key };
    return await snapshotter.createVolume(request, how);
  };
  const overwrite = (id: string) =>
    ceph.rbd("bench", "--io-type", "write", "--io-size", "64K", "--io-total", "1M", id);
  /** As the driver removes a volume; answers the id under which it may stay in the trash. */
  const deleteAsDriver = async (id: string): Promise<string> => {
    await ceph.rbd("trash", "mv", id);
    return (await ceph.trash())[id.split("/")[1] ?? ""] ?? "";
  };
  const emptyOf = async (names: readonly string[]): Promise<void> => {
    const left = [...(await ceph.images()), ...Object.keys(await ceph.trash())];
    for (const name of names) assert.ok(!left.includes(name.split(/[/@]/)[1] ?? ""), name);
  };

  it("outlive the volume, with the bytes of their moment, and leave nothing when deleted", async () => {
    const volume = await ceph.make();
    const hash = await ceph.hashOf(volume);
    const snapshotId = await snapshot(volume);
    await overwrite(volume);
    assert.notEqual(await ceph.hashOf(volume), hash);
    assert.equal(await ceph.rbd("snap", "ls", volume), "");
    const trashed = await deleteAsDriver(volume);
    // Ceph's manager tries this again and again.
    await assert.rejects(ceph.rbd("trash", "rm", `${pool}/${trashed}`), /linked clones|snapshots/);
    const made = await restore(snapshotId);
    assert.equal(await ceph.hashOf(made), hash);

    await ours.deleteSnapshot(snapshotId, how);
    assert.equal(await ours.snapshotStatus(snapshotId, how), undefined);
    assert.equal(await ceph.hashOf(made), hash, "a volume that hangs on a deleted snapshot");
    await ceph.rbd("rm", "--no-progress", made);
    await ours.deleteSnapshot(await snapshot(await ceph.make()), how);
    await ceph.rbd("trash", "rm", "--no-progress", `${pool}/${trashed}`);
    await emptyOf([volume, snapshotId, made]);
  });

  it("keep the administrator from removing the image they hang on, and from nothing else", async () => {
    const volume = await ceph.make();
    const snapshotId = await snapshot(volume);
    await assert.rejects(ceph.rbd("rm", volume), /linked clones/);
    await ours.deleteSnapshot(snapshotId, how);
    await ceph.rbd("rm", "--no-progress", volume);
    await emptyOf([volume, snapshotId]);
  });

  it("are volumes of their own with flatten, which need no snapshot", async () => {
    const flattening = await ceph.open({ flatten: "true" });
    const volume = await ceph.make();
    const hash = await ceph.hashOf(volume);
    const snapshotId = await snapshot(volume);
    const made = await restore(snapshotId, flattening);
    assert.deepEqual(await ceph.volumesOf(snapshotId), []);
    await flattening.deleteSnapshot(snapshotId, how);
    await ceph.rbd("rm", "--no-progress", volume);
    await emptyOf([volume, snapshotId]);
    assert.equal(await ceph.hashOf(made), hash);
    await flattening.close();
  });

  it("keep their data where the volume has it", async () => {
    const volume = await ceph.make(["--data-pool", dataPool]);
    const snapshotId = await snapshot(volume);
    const made = await restore(snapshotId);
    for (const id of [volume, snapshotId.split("@")[0] ?? "", made]) {
      const info = JSON.parse(await ceph.rbd("info", "--format", "json", id));
      assert.equal(info.data_pool, dataPool, id);
    }
    assert.equal(await ceph.hashOf(made), await ceph.hashOf(volume));
  });

  it("are made again of a restored volume, whose notes are not taken for its own", async () => {
    const first = await restore(await snapshot(await ceph.make()));
    await overwrite(first);
    const key = randomUUID();
    const kept = await snapshot(first);
    const second = await restore(kept, ours, key);
    assert.equal(await ceph.hashOf(second), await ceph.hashOf(first));
    // As a process leaves it that ends behind the clone: the notes of the parent are on it.
    await ceph.rbd("rm", "--no-progress", second);
    await ceph.rbd("clone", "--rbd-default-clone-format", "2", kept, second);
    assert.equal(await ours.findVolume(key, how), undefined);
  });

  it("do not take for whole what a killed clone has left", async () => {
    const volume = await ceph.make();
    const hash = await ceph.hashOf(volume);
    const keys = [randomUUID(), randomUUID()] as const;
    const kept = await snapshot(volume, ours, keys[0]);
    const name = await restore(kept, ours, keys[1]);
    await ceph.rbd("rm", "--no-progress", name);
    // An image of that name with neither parent nor data, and of the other, too.
    await ceph.rbd("create", "--size", "5M", name);
    assert.equal(await ours.findVolume(keys[1], how), undefined);
    await ceph.rbd("create", "--size", "5M", name);
    assert.equal(await ceph.hashOf(await restore(kept, ours, keys[1])), hash);
    await ceph.rbd("rm", "--no-progress", name);
    const image = kept.split("@")[0] ?? "";
    await ours.deleteSnapshot(kept, how);
    await ceph.rbd("create", "--size", "5M", image);
    assert.equal(await snapshot(volume, ours, keys[0]), kept);
    assert.equal(await ceph.hashOf(await restore(kept)), hash);
    assert.equal((await ceph.snapshotsOf(volume)).length, 1);
  });

  /** A program that is killed once its call `at` has done all; before the next is the same. */
  const mortal = (at: number): Promise<VolumeSnapshotter> => {
    const counter = join(ceph.cluster.group.folder, randomUUID());
    writeFileSync(counter, "0");
    const script = [
      `read -r count <${counter}; count=$((count + 1)); echo $count >${counter}`,
      `if [ $count -ne ${at} ]; then exec "$RBD" "$@"; fi`,
      '"$RBD" "$@" >/dev/null 2>&1',
      "kill -9 $$",
    ];
    return ceph.open({ rbdProgram: ceph.script(`mortal-${at}`, script.join("\n")) });
  };
  /** Has each command killed in turn; answers how many there are. */
  const killEach = async (
    act: (one: VolumeSnapshotter, key: string) => Promise<string>,
    check: (key: string) => Promise<void>,
  ): Promise<number> => {
    for (let at = 1; ; at += 1) {
      const key = randomUUID();
      const failed = await act(await mortal(at), key).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (failed !== undefined) {
        assert.match((failed as { code: string }).code, /^ARK_(VOLUME_OUTCOME|PROVIDER)_/);
      }
      await check(key);
      if (failed === undefined) return at - 1;
    }
  };

  it("are made once, whichever of the commands is killed, and leave nothing half made", async () => {
    const volume = await ceph.make();
    const before = await ceph.images();
    const ids: string[] = [];
    const check = async (key: string): Promise<void> => {
      const found = (await ours.findSnapshot(key, how))?.snapshotId;
      assert.deepEqual(
        await ceph.snapshotsOf(volume),
        found === undefined ? [] : [{ id: found, tags }],
      );
      assert.equal((await ceph.images()).length, before.length + (found === undefined ? 0 : 1));
      assert.equal(await ceph.rbd("snap", "ls", volume), "");
      if (found !== undefined) await ours.deleteSnapshot(found, how);
      assert.deepEqual(await ceph.images(), before);
      assert.equal(await ceph.rbd("snap", "ls", "--all", volume), "");
      ids.push(found ?? "");
    };
    const calls = await killEach((one, key) => snapshot(volume, one, key), check);
    assert.equal(calls, 7);
    assert.deepEqual(
      ids.map((id) => id !== ""),
      [...Array(6).fill(false), true, true],
    );
  });

  it("are made once by those who do not look first", async () => {
    const volume = await ceph.make();
    // Cut, cloned, and all but marked.
    for (const at of [3, 4, 6]) {
      const key = randomUUID();
      await assert.rejects(snapshot(volume, await mortal(at), key), { code: /OUTCOME_UNKNOWN/ });
      const id = await snapshot(volume, ours, key);
      assert.equal(await snapshot(volume, ours, key), id);
      assert.deepEqual(await ceph.snapshotsOf(volume), [{ id, tags }]);
      assert.equal(await ceph.rbd("snap", "ls", volume), "");
      await ours.deleteSnapshot(id, how);
    }
  });

  it("become one volume, whichever of the commands is killed", async () => {
    const snapshotId = await snapshot(await ceph.make());
    const calls = await killEach(
      (one, key) => restore(snapshotId, one, key),
      async (key) => {
        const found = await ours.findVolume(key, how);
        assert.deepEqual(await ceph.volumesOf(snapshotId), found === undefined ? [] : [found]);
        const id = await restore(snapshotId, ours, key);
        assert.equal(id, found ?? id);
        assert.deepEqual(await ceph.volumesOf(snapshotId), [id]);
        await ceph.rbd("rm", "--no-progress", id);
      },
    );
    assert.equal(calls, 5);
  });

  it("are deleted in the end, whichever of the commands is killed", async () => {
    const volume = await ceph.make();
    const before = [await ceph.images(), Object.keys(await ceph.trash())];
    const calls = await killEach(
      async (one, key) => {
        const id = await snapshot(volume, ours, key);
        await one.deleteSnapshot(id, how);
        return id;
      },
      async (key) => {
        const id = (await ours.findSnapshot(key, how))?.snapshotId;
        if (id !== undefined) await ours.deleteSnapshot(id, how);
        assert.deepEqual([await ceph.images(), Object.keys(await ceph.trash())], before);
        assert.equal(await ceph.rbd("snap", "ls", "--all", volume), "");
      },
    );
    // The look into the trash, which comes last, fails no deletion.
    assert.equal(calls, 2);
  });

  it("end their program when they are cancelled", async () => {
    const volume = await ceph.make();
    const alive = join(ceph.cluster.group.folder, "alive");
    const script = `echo $$ >${alive}\nexec sleep 600`;
    const hanging = await ceph.open({ rbdProgram: ceph.script("hanging", script) });
    const reason = new Error("enough");
    const cancel = new AbortController();
    const request = { volumeId: volume, zone: "", tags, idempotencyKey: randomUUID() };
    const waiting = hanging.createSnapshot(request, { signal: cancel.signal });
    const pid = async (): Promise<number> => {
      for (;;) {
        const text = existsSync(alive) ? readFileSync(alive, "utf8") : "";
        if (text.endsWith("\n")) return Number(text);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const running = await pid();
    cancel.abort(reason);
    await assert.rejects(waiting, (thrown) => thrown === reason);
    assert.throws(() => process.kill(running, 0), { code: "ESRCH" });
    await hanging.close();
  });

  it("say what is wrong when Ceph refuses", async () => {
    const volume = await ceph.make();
    const readOnly = join(ceph.cluster.group.folder, "client.look.keyring");
    const granted = ["mon", "profile rbd", "osd", `profile rbd-read-only pool=${pool}`];
    await ceph.cluster.run(
      "ceph",
      "auth",
      "get-or-create",
      "client.look",
      ...granted,
      "-o",
      readOnly,
    );
    const looking = await ceph.open({ credentialsFile: readOnly });
    await looking.describe({ volumeId: volume, zone: "" }, how);
    await assert.rejects(snapshot(volume, looking), (thrown) => {
      assert.ok(hasCode(thrown, "ARK_PROVIDER_DENIED"));
      assert.match(thrown.advice ?? "", /give client\.look the capabilities mon 'profile rbd'/);
      return true;
    });
    const unknown = await ceph.open({ user: "nobody" });
    await assert.rejects(snapshot(volume, unknown), { code: "ARK_PROVIDER_DENIED" });
    const bare = await ceph.make(["--image-feature", "exclusive-lock"]);
    await assert.rejects(snapshot(bare), { code: "ARK_PROVIDER_FAILED", advice: /layering/ });
    for (const id of [volume, bare]) {
      assert.equal(await ceph.rbd("snap", "ls", "--all", id), "");
      assert.deepEqual(await ceph.snapshotsOf(id), []);
    }
    const none = { code: "ARK_PROVIDER_FAILED", message: /there is no image/ };
    await assert.rejects(snapshot(`${pool}/none`), none);
    const gone = `${pool}/ark-snap-${"0".repeat(32)}@ark-ts`;
    await assert.rejects(restore(gone), { code: "ARK_PROVIDER_FAILED", message: /no snapshot/ });
  });
});
