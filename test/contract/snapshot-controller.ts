/**
 * What ark-ts builds on of external-snapshotter (snapshot controller and csi-snapshotter) and of a CSI
 * driver that can list its snapshots. Held by the real ones and by the double.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ResourceKind } from "../../src/api/resource-kind.ts";
import { ApiError, type Cluster, type ObjectRef } from "../../src/ports/cluster.ts";
import { snapshotKinds } from "../../src/volumes/csi/snapshot-api.ts";

export interface SnapshottersUnderTest {
  readonly cluster: Cluster;
  /** Of the suite alone. */
  readonly namespace: string;
  readonly driver: string;
  /** Makes a claim that is bound to a volume of the driver. */
  makeClaim(name: string): Promise<void>;
  /** Makes a class of the driver and answers its name. */
  makeClass(
    deletionPolicy: "Delete" | "Retain",
    parameters?: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** Whether the storage has it. */
  hasStored(handle: string): Promise<boolean>;
  /** Looks again until it is so. */
  until(what: string, isSo: () => Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

const { signal } = new AbortController();
const group = "snapshot.storage.kubernetes.io";
const contentHold = `${group}/volumesnapshotcontent-bound-protection`;
const apiVersion = "snapshot.storage.k8s.io/v1";

// biome-ignore lint/suspicious/noExplicitAny: a test reads what controllers have written
type Seen = any;

interface Objects {
  readonly snapshots: ResourceKind;
  readonly contents: ResourceKind;
  get(kind: ResourceKind, name: string): Promise<Seen>;
  create(kind: ResourceKind, name: string, spec: object, metadata?: object): Promise<void>;
  merge(kind: ResourceKind, name: string, patch: object): Promise<void>;
  remove(kind: ResourceKind, name: string): Promise<void>;
}

async function objectsOf({ cluster, namespace }: SnapshottersUnderTest): Promise<Objects> {
  const kinds = snapshotKinds((await cluster.discover({ signal })).kinds);
  assert.ok(kinds !== undefined, "the kinds of snapshots are served");
  const refTo = (kind: ResourceKind, name: string): ObjectRef => ({
    ...{ kind, name },
    namespace: kind.namespaced ? namespace : "",
  });
  const encode = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  return {
    snapshots: kinds.snapshots,
    contents: kinds.contents,
    async get(kind, name) {
      const found = await cluster.get(refTo(kind, name), { signal });
      return found && JSON.parse(found.bytes.toString());
    },
    async create(kind, name, spec, metadata = {}) {
      const ref = refTo(kind, name);
      const place = kind.namespaced ? { namespace } : {};
      const body = { apiVersion, kind: kind.kind, metadata: { ...metadata, ...place, name }, spec };
      await cluster.create(ref, encode(body), { signal });
    },
    async merge(kind, name, patch) {
      await cluster.patch(refTo(kind, name), "merge", encode(patch), { signal });
    },
    async remove(kind, name) {
      await cluster.remove(refTo(kind, name), { signal });
    },
  };
}

interface Made {
  readonly name: string;
  readonly uid: string;
  readonly content: string;
  readonly handle: string;
}

export function describeSnapshotters(
  what: string,
  open: () => Promise<SnapshottersUnderTest>,
  options: { readonly skip?: string | false } = {},
): void {
  describe(`CSI snapshots by ${what}`, options, () => {
    let world: SnapshottersUnderTest;
    let at: Objects;
    let policies: Readonly<Record<"Delete" | "Retain", string>>;
    before(async () => {
      world = await open();
      at = await objectsOf(world);
      await world.makeClaim("data");
      policies = {
        Delete: await world.makeClass("Delete"),
        Retain: await world.makeClass("Retain"),
      };
    });
    after(() => world?.close());

    const gone = (kind: ResourceKind, name: string): Promise<void> =>
      world.until(`${kind.kind} ${name} to be gone`, async () => {
        return (await at.get(kind, name)) === undefined;
      });
    const begin = (name: string, className: string): Promise<void> => {
      const source = { persistentVolumeClaimName: "data" };
      return at.create(at.snapshots, name, { source, volumeSnapshotClassName: className });
    };
    const ready = async (name: string): Promise<Made> => {
      let made: Made | undefined;
      await world.until(`VolumeSnapshot ${name} to be ready`, async () => {
        const { metadata, status } = await at.get(at.snapshots, name);
        const content = status?.boundVolumeSnapshotContentName;
        if (status?.readyToUse !== true || content === undefined) return false;
        const bound = await at.get(at.contents, content);
        if (bound?.status?.readyToUse !== true) return false;
        made = { name, uid: metadata.uid, content, handle: bound.status.snapshotHandle };
        return true;
      });
      assert.ok(made !== undefined);
      return made;
    };
    const take = async (name: string, policy: "Delete" | "Retain" = "Delete"): Promise<Made> => {
      await begin(name, policies[policy]);
      return await ready(name);
    };
    /** Leaves the storage's own behind, and nothing in the cluster. */
    const release = async ({ name, content }: Made): Promise<void> => {
      await at.merge(at.contents, content, { spec: { deletionPolicy: "Retain" } });
      await at.remove(at.snapshots, name);
      await at.remove(at.contents, content);
      await gone(at.snapshots, name);
      await gone(at.contents, content);
    };
    /** A content for a handle that no VolumeSnapshot is for. */
    const unbound = (name: string, handle: string, deletionPolicy: string, metadata = {}) =>
      at.create(
        at.contents,
        name,
        {
          deletionPolicy,
          driver: world.driver,
          source: { snapshotHandle: handle },
          volumeSnapshotRef: { apiVersion, kind: "VolumeSnapshot", namespace: "default", name },
        },
        metadata,
      );

    it("get a content by their uid, with driver and policy of the class, and a handle", async () => {
      const { name, uid, content, handle } = await take("whole");
      assert.equal(content, `snapcontent-${uid}`);
      const { metadata, spec, status } = await at.get(at.contents, content);
      assert.equal(spec.driver, world.driver);
      assert.equal(spec.deletionPolicy, "Delete");
      assert.equal(spec.volumeSnapshotRef.name, name);
      assert.equal(spec.volumeSnapshotRef.namespace, world.namespace);
      assert.equal(spec.volumeSnapshotRef.uid, uid);
      assert.ok(metadata.finalizers.includes(contentHold));
      assert.equal(typeof status.restoreSize, "number");
      const snapshot = await at.get(at.snapshots, name);
      assert.match(snapshot.status.creationTime, /^\d{4}-\d\d-\d\dT/);
      assert.ok(await world.hasStored(handle));
    });

    it("go with what the storage holds where the content says Delete", async () => {
      const { name, content, handle } = await take("doomed");
      await at.remove(at.snapshots, name);
      await gone(at.snapshots, name);
      await gone(at.contents, content);
      assert.ok(!(await world.hasStored(handle)));
    });

    it("leave their content where it says Retain, and deleting that leaves the storage's own", async () => {
      const { name, content, handle } = await take("kept", "Retain");
      await at.remove(at.snapshots, name);
      await gone(at.snapshots, name);
      assert.ok((await at.get(at.contents, content)) !== undefined);
      await at.remove(at.contents, content);
      await gone(at.contents, content);
      assert.ok(await world.hasStored(handle));
    });

    it("are kept by the storage when their content is told to, after they were made", async () => {
      const made = await take("released");
      await release(made);
      assert.ok(await world.hasStored(made.handle));
    });

    it("are deleted in the storage through a content that is left of them", async () => {
      const { name, content, handle } = await take("left", "Retain");
      await at.remove(at.snapshots, name);
      await gone(at.snapshots, name);
      await at.merge(at.contents, content, { spec: { deletionPolicy: "Delete" } });
      await at.remove(at.contents, content);
      await gone(at.contents, content);
      assert.ok(!(await world.hasStored(handle)));
    });

    it("come back by a content with their handle and a VolumeSnapshot that names it", async () => {
      const made = await take("first");
      await release(made);
      const name = `${world.namespace}-again`;
      await at.create(at.contents, name, {
        deletionPolicy: "Retain",
        driver: world.driver,
        source: { snapshotHandle: made.handle },
        volumeSnapshotRef: {
          ...{ apiVersion, kind: "VolumeSnapshot" },
          ...{ namespace: world.namespace, name },
        },
      });
      await at.create(at.snapshots, name, { source: { volumeSnapshotContentName: name } });
      const again = await ready(name);
      assert.equal(again.handle, made.handle);
      const { spec } = await at.get(at.contents, name);
      assert.equal(spec.volumeSnapshotRef.uid, again.uid);
      await release(again);
      assert.ok(await world.hasStored(made.handle));
    });

    it("are looked up for a content that nothing is bound to, and outlive it where it says Retain", async () => {
      const made = await take("asked");
      await release(made);
      const name = `${world.namespace}-ask`;
      await unbound(name, made.handle, "Retain");
      await world.until("the handle to be known", async () => {
        return (await at.get(at.contents, name)).status?.snapshotHandle === made.handle;
      });
      await at.remove(at.contents, name);
      await gone(at.contents, name);
      assert.ok(await world.hasStored(made.handle));
    });

    it("are deleted through such a content that says Delete and has the snapshotter's hold", async () => {
      const made = await take("deleted");
      await release(made);
      const name = `${world.namespace}-delete`;
      await unbound(name, made.handle, "Delete", { finalizers: [contentHold] });
      await world.until("the handle to be known", async () => {
        return (await at.get(at.contents, name)).status?.snapshotHandle === made.handle;
      });
      await at.remove(at.contents, name);
      await gone(at.contents, name);
      assert.ok(!(await world.hasStored(made.handle)));
    });

    it("that the driver does not know are said to be missing", async () => {
      const name = `${world.namespace}-missing`;
      await unbound(name, "no-such-snapshot", "Retain");
      await world.until("the driver's answer", async () => {
        const said = (await at.get(at.contents, name)).status?.error?.message ?? "";
        return /can not find snapshot for snapshotID|code = NotFound/i.test(said);
      });
      assert.equal((await at.get(at.contents, name)).status.snapshotHandle, undefined);
      await at.remove(at.contents, name);
      await gone(at.contents, name);
    });

    it("that fail say so on the content, have no handle, and can be deleted", async () => {
      await begin("failing", await world.makeClass("Delete", { fault: "fail" }));
      let content = "";
      await world.until("the error", async () => {
        const { metadata } = await at.get(at.snapshots, "failing");
        content = `snapcontent-${metadata.uid}`;
        const seen = await at.get(at.contents, content);
        assert.equal(seen?.status?.snapshotHandle, undefined);
        return (seen?.status?.error?.message ?? "").includes("asked to fail");
      });
      await at.remove(at.snapshots, "failing");
      await gone(at.snapshots, "failing");
      await gone(at.contents, content);
    });

    it("that are deleted while the driver is at work go when their content is changed after it", async () => {
      const className = await world.makeClass("Delete", { fault: "answer-lost" });
      await begin("too-late", className);
      let content = "";
      await world.until("its content", async () => {
        const { metadata } = await at.get(at.snapshots, "too-late");
        content = `snapcontent-${metadata.uid}`;
        return (await at.get(at.contents, content)) !== undefined;
      });
      await at.remove(at.snapshots, "too-late");
      let touches = 0;
      let handle = "";
      await world.until("the content to be gone", async () => {
        const seen = await at.get(at.contents, content);
        if (seen === undefined) return true;
        handle = seen.status?.snapshotHandle ?? handle;
        if (seen.status?.readyToUse !== true) return false;
        touches += 1;
        const annotations = { "ark-ts.dev/touched": `${touches}` };
        await at.merge(at.contents, content, { metadata: { annotations } }).catch((error) => {
          if (!(error instanceof ApiError) || error.api.status !== 404) throw error;
        });
        return false;
      });
      await gone(at.snapshots, "too-late");
      if (handle !== "") assert.ok(!(await world.hasStored(handle)));
    });

    it("whose answer was lost are the same snapshot when they are asked for again", async () => {
      const className = await world.makeClass("Delete", { fault: "answer-lost" });
      await begin("lost", className);
      const { handle } = await ready("lost");
      assert.ok(await world.hasStored(handle));
      await at.remove(at.snapshots, "lost");
      await gone(at.snapshots, "lost");
      assert.ok(!(await world.hasStored(handle)));
    });
  });
}
