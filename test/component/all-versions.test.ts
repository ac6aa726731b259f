import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openBackup } from "../../src/catalog/open-backup.ts";
import { decodeCheckpoint, type ListPosition, listId } from "../../src/format/checkpoint.ts";
import { hasCode } from "../../src/lib/errors.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { createVersionsWorld, type VersionsWorld } from "./versions-world.ts";

/** Members of a few objects, parts of a few members. */
const limits = { memberBytes: 6000, partBytes: 900 };
const versions = ["v1", "v1beta1", "v2alpha1"];
const bandCount = 40;

function fill(world: VersionsWorld): VersionsWorld {
  world.define("bands", versions);
  world.define("songs", ["v1"]);
  for (let index = 0; index < bandCount; index++) {
    world.add("Band", "v1", `shop/band-${String(index).padStart(2, "0")}`);
  }
  world.add("Song", "v1", "shop/song");
  return world;
}

const pathOf = (folder: string, name: string): string =>
  `resources/bands.music.example/${folder}namespaces/shop/${name}.json`;

/** Each band at its plain path, in the folder of the preferred version, and in those of the others. */
async function assertWhole(world: VersionsWorld): Promise<void> {
  const entries = await world.entries();
  const bodies = new Map(entries);
  assert.equal(bodies.size, entries.length, "a path stands twice");
  assert.equal(bodies.get("metadata/version"), "1.1.0\n");
  for (let index = 0; index < bandCount; index++) {
    const name = `band-${String(index).padStart(2, "0")}`;
    assert.equal(bodies.get(pathOf("", name)), bodies.get(pathOf("v1-preferredversion/", name)));
    for (const [folder, version] of [
      ["", "v1"],
      ["v1beta1/", "v1beta1"],
      ["v2alpha1/", "v2alpha1"],
    ] as const) {
      const body = JSON.parse(bodies.get(pathOf(folder, name)) ?? `{"missing":"${folder}${name}"}`);
      assert.equal(body.apiVersion, `music.example/${version}`, JSON.stringify(body));
      assert.equal(body.spec.of, `shop/${name}`);
    }
  }
  const others = entries.filter(([path]) => /bands[^/]*\/v(1beta1|2alpha1)\//.test(path));
  assert.equal(others.length, 2 * bandCount);
  assert.equal(world.versionLines().length, 2 * bandCount);
  const report = await world.verify();
  assert.deepEqual(report.damages, []);
}

describe("a backup with --all-api-versions", () => {
  it("stores each object in every version, and only once where its kind has one", async () => {
    const world = fill(createVersionsWorld());
    const report = await world.take();
    assert.equal(report.backup.status.phase, "Completed", JSON.stringify(report.findings));
    assert.equal(report.backup.status.formatVersion, "1.1.0");
    assert.equal(report.backup.metadata.annotations?.["ark-ts.dev/all-api-versions"], "true");
    await assertWhole(world);
    const paths = (await world.entries()).map(([path]) => path);
    assert.deepEqual(
      paths.filter((path) => path.includes("/songs.music.example/")),
      [
        "resources/songs.music.example/namespaces/shop/song.json",
        "resources/songs.music.example/v1-preferredversion/namespaces/shop/song.json",
      ],
    );
    const { kinds, versions: further } = report.manifest!;
    assert.equal(kinds.filter(({ resource }) => resource === "bands.music.example").length, 1);
    const found = further?.filter(({ resource }) => resource === "bands.music.example");
    assert.deepEqual(
      found?.map(({ version, count, cut }) => [version, count, cut]),
      [
        ["music.example/v1beta1", bandCount, 0],
        ["music.example/v2alpha1", bandCount, 0],
      ],
    );
    assert.equal(
      report.objects,
      kinds.reduce((sum, { count }) => sum + count, 0),
    );
  });

  it("stores of other versions what the selectors take of the preferred one", async () => {
    const world = createVersionsWorld();
    world.define("bands", versions);
    world.add("Band", "v1", "shop/in", { app: "web" });
    world.add("Band", "v1", "shop/out");
    await world.take({ labelSelector: { matchLabels: { app: "web" } } });
    assert.deepEqual(
      world.versionLines().map(({ name, version }) => [name, version]),
      [
        ["in", "music.example/v1beta1"],
        ["in", "music.example/v2alpha1"],
      ],
    );
    assert.deepEqual((await world.verify()).damages, []);
  });

  it("names a version that cannot be listed, and is PartiallyFailed", async () => {
    const world = fill(createVersionsWorld());
    world.server.faults = ({ path }) =>
      path.includes("/music.example/v1beta1/") ? { status: 500 } : undefined;
    const report = await world.take();
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    const [finding, ...more] = report.findings;
    assert.deepEqual(more, []);
    assert.equal(finding?.code, "ARK_LIST_FAILED");
    assert.match(
      finding?.message ?? "",
      /bands\.music\.example .* version music\.example\/v1beta1/,
    );
    assert.deepEqual((await world.verify()).damages, []);
    assert.equal(world.versionLines().length, bandCount);
  });

  it("reads in another version what stands in its folder", async () => {
    const world = fill(createVersionsWorld());
    await world.take();
    const signal = new AbortController().signal;
    const backup = await openBackup(world.store, "b", { signal });
    const lines = [];
    const wanted = ({ folder }: { readonly folder?: string }): boolean => folder === "v2alpha1";
    for await (const { line, bytes } of backup.everyVersion().entries(wanted, signal)) {
      assert.equal(JSON.parse(bytes.toString()).apiVersion, "music.example/v2alpha1");
      lines.push(line.name);
    }
    assert.equal(lines.length, bandCount);
    for await (const line of backup.index(signal)) assert.equal(line.folder, undefined);
  });
});

describe("verify of a backup with version folders", () => {
  it("finds an index of versions that was exchanged", async () => {
    const world = fill(createVersionsWorld());
    await world.take();
    const key = "backups/b/ark-versions.ndjson.gz";
    const bytes = Buffer.from(world.store.bytes(key));
    bytes[bytes.length - 20]! ^= 1;
    await world.store.put(key, bytes, { signal: new AbortController().signal });
    const { damages } = await world.verify();
    assert.ok(damages.some(({ file }) => file === "ark-versions.ndjson.gz"));
  });

  it("names the object in another version whose bytes are damaged", async () => {
    const world = fill(createVersionsWorld());
    await world.take();
    const line = world.versionLines().at(-1)!;
    const [offset, size] = line.at;
    const key = "backups/b/b.tar.gz";
    const bytes = Buffer.from(world.store.bytes(key));
    bytes[offset + Math.floor(size / 2)]! ^= 1;
    await world.store.put(key, bytes, { signal: new AbortController().signal });
    const { damages } = await world.verify();
    assert.ok(damages.some(({ object }) => object?.includes(`shop/${line.name}`)));
  });
});

/** Runs it in a process that dies at a write; how many there are differs a little from run to run. */
async function diesAt(world: VersionsWorld, at: number): Promise<"died" | "ended"> {
  const process = startMortalProcess(world, { at, when: "after" });
  const ended = world.take({}, { limits }, process).then(() => "ended" as const);
  return await Promise.race([process.died, ended]);
}

/** Where the checkpoints of the dead run say that its lists stand. */
async function positionsLeft({ store }: VersionsWorld): Promise<readonly ListPosition[]> {
  const lists = new Map<string, ListPosition>();
  for (const key of store
    .keys()
    .filter((one) => /\/runs\/[^/]+\/\d+$/.test(one))
    .sort()) {
    const checkpoint = await decodeCheckpoint(store.bytes(key), key);
    for (const position of checkpoint.lists) lists.set(listId(position), position);
  }
  return [...lists.values()];
}

describe("a backup with --all-api-versions that dies", async () => {
  const whole = fill(createVersionsWorld());
  const process = startMortalProcess(whole, undefined);
  await whole.take({}, { limits }, process);
  const writes = process.calls.filter(({ method }) => ["put", "remove"].includes(method));
  const seal = 1 + writes.findIndex(({ what }) => what.endsWith("/velero-backup.json"));

  const midRun = Math.floor(seal / 2);
  let inMidVersion = false;

  it("has parts enough to die between", () => assert.ok(seal > 12, `${seal} writes`));

  // The second write is the one that must be refused.
  for (let at = 3; at <= seal; at++) {
    it(`at write ${at} of ${seal} goes on, and doubles and drops nothing`, async () => {
      const world = fill(createVersionsWorld());
      const end = await diesAt(world, at);
      inMidVersion ||= (await positionsLeft(world)).some(({ isOther, done }) => isOther && !done);
      if (end === "died") {
        const report = await world.take({}, { limits });
        assert.equal(report.backup.status.phase, "Completed", JSON.stringify(report.findings));
      }
      await assertWhole(world);
    });
  }

  it("died in the middle of a list of another version at least once", () => {
    assert.ok(inMidVersion);
  });

  it("is begun again where the cluster prefers another version since", async () => {
    const world = fill(createVersionsWorld());
    const same = fill(createVersionsWorld());
    for (const one of [world, same]) assert.equal(await diesAt(one, midRun), "died");
    assert.ok((await same.take({}, { limits })).continued, "there was nothing to go on with");
    world.define("bands", ["v2", ...versions]);
    const report = await world.take({}, { limits });
    assert.equal(report.continued, undefined);
    assert.deepEqual((await world.verify()).damages, []);
  });

  it("is not continued without the flag", async () => {
    const world = fill(createVersionsWorld());
    assert.equal(await diesAt(world, midRun), "died");
    await assert.rejects(
      world.take({}, { limits, allApiVersions: false }),
      (error) => hasCode(error, "ARK_NAME_TAKEN") || hasCode(error, "ARK_NAME_IN_USE"),
    );
  });
});
