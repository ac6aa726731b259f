/**
 * What ark-ts builds on of external-snapshotter about groups of volumes, and of a CSI driver that can
 * cut them. Held by the real ones and by the double.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ResourceKind } from "../../src/api/resource-kind.ts";
import { groupContentFinalizer } from "../../src/domain/volumes/csi/group-objects.ts";
import { snapshotKinds } from "../../src/volumes/csi/snapshot-api.ts";
import type { SnapshottersUnderTest } from "./snapshot-controller.ts";

export interface GroupsUnderTest
  extends Pick<SnapshottersUnderTest, "cluster" | "namespace" | "driver" | "until" | "close"> {
  /** Makes a claim that is bound to a volume of the driver and has the label `group` with the value. */
  makeMember(name: string, group: string): Promise<void>;
  /** Makes a group class of the driver, with deletion policy Delete, and answers its name. */
  makeGroupClass(parameters?: Readonly<Record<string, string>>): Promise<string>;
  hasStored(handle: string): Promise<boolean>;
}

const { signal } = new AbortController();

// biome-ignore lint/suspicious/noExplicitAny: a test reads what controllers have written
type Seen = any;

interface CutGroup {
  readonly name: string;
  readonly uid: string;
  readonly content: string;
  readonly handle: string;
  readonly members: readonly Seen[];
  readonly stored: readonly string[];
}

export function describeGroups(
  what: string,
  open: () => Promise<GroupsUnderTest>,
  options: { readonly skip?: string | false } = {},
): void {
  describe(`groups of volumes by ${what}`, options, () => {
    let world: GroupsUnderTest;
    let kinds: Readonly<
      Record<"snapshots" | "contents" | "groups" | "groupContents", ResourceKind>
    >;
    before(async () => {
      world = await open();
      const found = snapshotKinds((await world.cluster.discover({ signal })).kinds);
      assert.ok(found?.groups !== undefined, "the kinds of groups are served");
      const { snapshots, contents, groups } = found;
      kinds = { snapshots, contents, groups: groups.groups, groupContents: groups.contents };
    });
    after(() => world?.close());

    const refTo = (kind: ResourceKind, name: string) => ({
      ...{ kind, name },
      namespace: kind.namespaced ? world.namespace : "",
    });
    const get = async (kind: ResourceKind, name: string): Promise<Seen> => {
      const found = await world.cluster.get(refTo(kind, name), { signal });
      return found && JSON.parse(found.bytes.toString());
    };
    const create = async (kind: ResourceKind, name: string, spec: object, metadata = {}) => {
      const place = kind.namespaced ? { namespace: world.namespace } : {};
      const apiVersion = `${kind.group}/${kind.version}`;
      const body = { apiVersion, kind: kind.kind, metadata: { ...metadata, ...place, name }, spec };
      await world.cluster.create(refTo(kind, name), Buffer.from(JSON.stringify(body)), { signal });
    };
    const merge = async (kind: ResourceKind, name: string, patch: object): Promise<void> => {
      const bytes = Buffer.from(JSON.stringify(patch));
      await world.cluster.patch(refTo(kind, name), "merge", bytes, { signal });
    };
    const remove = async (kind: ResourceKind, name: string): Promise<void> => {
      await world.cluster.remove(refTo(kind, name), { signal });
    };
    const gone = (kind: ResourceKind, name: string): Promise<void> =>
      world.until(`${kind.kind} ${name} to be gone`, async () => {
        return (await get(kind, name)) === undefined;
      });
    const membersOf = async (uid: string): Promise<readonly Seen[]> => {
      const found: Seen[] = [];
      const page = await world.cluster.list(
        { kind: kinds.snapshots, namespace: world.namespace, limit: 500 },
        { signal },
      );
      for await (const items of page.items) {
        for (const { bytes } of items) found.push(JSON.parse(bytes.toString()));
      }
      return found.filter(({ metadata }) =>
        metadata.ownerReferences?.some((owner: Seen) => owner.uid === uid),
      );
    };
    /** A group of two claims of its own, cut and ready. */
    const cut = async (name: string, parameters = {}): Promise<CutGroup> => {
      for (const claim of [`${name}-a`, `${name}-b`]) await world.makeMember(claim, name);
      await create(kinds.groups, name, {
        volumeGroupSnapshotClassName: await world.makeGroupClass(parameters),
        source: { selector: { matchLabels: { group: name } } },
      });
      let made: CutGroup | undefined;
      await world.until(`group ${name} to be ready`, async () => {
        const { metadata, status } = await get(kinds.groups, name);
        if (status?.readyToUse !== true) return false;
        const members = await membersOf(metadata.uid);
        const content = status.boundVolumeGroupSnapshotContentName;
        const seen = await get(kinds.groupContents, content);
        const stored = seen.status.volumeSnapshotInfoList.map((one: Seen) => one.snapshotHandle);
        const handle = seen.status.volumeGroupSnapshotHandle;
        made = { name, uid: metadata.uid, content, handle, members, stored };
        return members.length === 2 && members.every((one) => one.status?.readyToUse === true);
      });
      assert.ok(made !== undefined);
      return made;
    };
    /** Leaves the storage's own behind, and nothing in the cluster. */
    const release = async ({ name, content, members }: CutGroup): Promise<void> => {
      const contents = members.map(({ status }) => status.boundVolumeSnapshotContentName);
      const retain = { spec: { deletionPolicy: "Retain" } };
      for (const one of contents) await merge(kinds.contents, one, retain);
      await merge(kinds.groupContents, content, retain);
      await remove(kinds.groups, name);
      await remove(kinds.groupContents, content);
      await gone(kinds.groups, name);
      await gone(kinds.groupContents, content);
      for (const { metadata } of members) await gone(kinds.snapshots, metadata.name);
      for (const one of contents) await remove(kinds.contents, one);
      for (const one of contents) await gone(kinds.contents, one);
    };
    const haveStored = async (handles: readonly string[]): Promise<readonly boolean[]> =>
      Promise.all(handles.map((handle) => world.hasStored(handle)));
    const unbound = (name: string, { handle, stored }: CutGroup, deletionPolicy: string) =>
      create(
        kinds.groupContents,
        name,
        {
          deletionPolicy,
          driver: world.driver,
          source: {
            groupSnapshotHandles: {
              volumeGroupSnapshotHandle: handle,
              volumeSnapshotHandles: stored,
            },
          },
          volumeGroupSnapshotRef: { kind: "VolumeGroupSnapshot", namespace: "default", name },
        },
        deletionPolicy === "Delete" ? { finalizers: [groupContentFinalizer] } : {},
      );
    const isKnown = (name: string, handle: string) => async (): Promise<boolean> =>
      (await get(kinds.groupContents, name)).status?.volumeGroupSnapshotHandle === handle;

    it("get a content by their uid, and a snapshot for each claim that says its group", async () => {
      const { name, uid, content, handle, members } = await cut("whole");
      assert.equal(content, `groupsnapcontent-${uid}`);
      assert.ok(handle !== "");
      const claims = members.map(({ spec }) => spec.source.persistentVolumeClaimName).sort();
      assert.deepEqual(claims, ["whole-a", "whole-b"]);
      for (const { metadata, status } of members) {
        assert.equal(metadata.ownerReferences[0].name, name);
        const ofMember = await get(kinds.contents, status.boundVolumeSnapshotContentName);
        assert.equal(ofMember.status.volumeGroupSnapshotHandle, handle);
        assert.equal(ofMember.spec.deletionPolicy, "Delete");
        assert.ok(await world.hasStored(ofMember.status.snapshotHandle));
      }
    });

    it("go with all that the storage holds where their content says Delete", async () => {
      const { name, content, members, stored } = await cut("doomed");
      await remove(kinds.groups, name);
      await gone(kinds.groups, name);
      await gone(kinds.groupContents, content);
      for (const { metadata, status } of members) {
        await gone(kinds.snapshots, metadata.name);
        await gone(kinds.contents, status.boundVolumeSnapshotContentName);
      }
      assert.deepEqual(await haveStored(stored), [false, false]);
    });

    it("hold their snapshots: one that is deleted alone goes only with them", async () => {
      const { name, members } = await cut("held");
      const [first] = members;
      await remove(kinds.snapshots, first.metadata.name);
      assert.ok((await get(kinds.snapshots, first.metadata.name)) !== undefined);
      await remove(kinds.groups, name);
      await gone(kinds.groups, name);
      await gone(kinds.snapshots, first.metadata.name);
    });

    it("are kept by the storage when contents are told to, and deleted by a content that names all", async () => {
      const group = await cut("released");
      await release(group);
      assert.deepEqual(await haveStored(group.stored), [true, true]);
      const name = `${world.namespace}-delete-group`;
      await unbound(name, group, "Delete");
      await world.until("the handle to be known", isKnown(name, group.handle));
      await remove(kinds.groupContents, name);
      await gone(kinds.groupContents, name);
      assert.deepEqual(await haveStored(group.stored), [false, false]);
    });

    it("that the driver does not know are said to be missing", async () => {
      const name = `${world.namespace}-no-group`;
      const nothing = { handle: "no-such-group", stored: ["no-such-snapshot"] };
      await unbound(name, nothing as never, "Retain");
      await world.until("the driver's answer", async () => {
        const said = (await get(kinds.groupContents, name)).status?.error?.message ?? "";
        return /code = NotFound/.test(said);
      });
      await remove(kinds.groupContents, name);
      await gone(kinds.groupContents, name);
    });

    it("of which the driver deletes no snapshot alone must be known for one to come back", async () => {
      const group = await cut("bound", { members: "bound" });
      await release(group);
      const name = `${world.namespace}-again`;
      const driver = world.driver;
      await create(kinds.contents, name, {
        ...{ deletionPolicy: "Retain", driver, source: { snapshotHandle: group.stored[0] } },
        volumeSnapshotRef: { kind: "VolumeSnapshot", namespace: world.namespace, name },
      });
      await create(kinds.snapshots, name, { source: { volumeSnapshotContentName: name } });
      await world.until("the content to say its group", async () => {
        const { status } = await get(kinds.contents, name);
        return status?.volumeGroupSnapshotHandle === group.handle && status.readyToUse === true;
      });
      assert.notEqual((await get(kinds.snapshots, name)).status?.readyToUse, true);
      const standIn = `${world.namespace}-stand-in`;
      await unbound(standIn, group, "Retain");
      await world.until("the snapshot to be ready", async () => {
        return (await get(kinds.snapshots, name)).status?.readyToUse === true;
      });
      await remove(kinds.groupContents, standIn);
      await gone(kinds.groupContents, standIn);
      assert.equal((await get(kinds.snapshots, name)).status?.readyToUse, true);
      await remove(kinds.snapshots, name);
      await remove(kinds.contents, name);
      await gone(kinds.snapshots, name);
      await gone(kinds.contents, name);
      assert.deepEqual(await haveStored(group.stored), [true, true]);
    });
  });
}
