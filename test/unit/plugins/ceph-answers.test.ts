/** What `rbd` of Ceph 16.2.15 was seen to answer, and what becomes of it. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { cephPlugin } from "../../../plugins/volume-snapshotter-ceph/plugin.ts";
import { ArkError } from "../../../src/lib/errors.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { VolumeSnapshotter } from "../../../src/ports/volume-snapshotter.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const how = { signal: new AbortController().signal };
const folder = mkdtempSync(join(tmpdir(), "ark-rbd-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** How one command ends: its status, and what it writes to stderr; stdout where it has some. */
interface Recorded {
  readonly status: number;
  readonly says?: string;
  readonly prints?: string;
}
const done: Recorded = { status: 0 };
const noImage: Recorded = {
  status: 2,
  says: "rbd: error opening image x: (2) No such file or directory",
};
const image: Recorded = { status: 0, prints: '{"name":"csi-vol-1","features":["layering"]}' };
const refused: Recorded = {
  status: 1,
  says: "2026-11-22T08:38:27.503+0000 7f29e92ca6c0 -1 librbd::Watcher: 0x7f29d00078f0 handle_register_watch: failed to register watch: (1) Operation not permitted\n\nrbd: error opening image csi-vol-1: (1) Operation not permitted",
};

interface RbdDouble {
  readonly snapshotter: VolumeSnapshotter;
  /** The commands, less what all have in common. */
  asked(): readonly string[];
  /** The commands as they came. */
  whole(): readonly string[];
}

let count = 0;

/** A program that answers each command as recorded; those that are not named find no image. */
async function withRbd(
  answers: Readonly<Record<string, Recorded | "hangs" | "dies">>,
  config: Readonly<Record<string, string>> = {},
  clock: Clock = createVirtualClock(),
): Promise<RbdDouble> {
  count += 1;
  const program = join(folder, `rbd-${count}`);
  const journal = `${program}.asked`;
  writeFileSync(journal, "");
  const cases = Object.entries(answers).map(([command, answer]) => {
    const act =
      answer === "hangs" ? "exec sleep 600" : answer === "dies" ? "kill -9 $$" : endOf(answer);
    return `"${command} "*) ${act} ;;`;
  });
  const script = [
    "#!/bin/sh",
    `echo "$*" >>${program}.whole`,
    'while [ "$1" != --rados-osd-op-timeout ]; do shift; done; shift 2',
    `echo "$*" >>${journal}`,
    'case "$* " in',
    ...cases,
    `*) ${endOf(noImage)} ;;`,
    "esac",
  ];
  writeFileSync(program, `${script.join("\n")}\n`);
  chmodSync(program, 0o755);
  const all = { monitors: "10.0.0.1", pools: "rp", rbdProgram: program, ...config };
  const options = cephPlugin.parseOptions({ name: "images", provider: "ceph-rbd", config: all });
  const context = { env: { PATH: process.env["PATH"] }, homeDirectory: folder, clock };
  const snapshotter = await cephPlugin.open(options, { ...context, zoneOf: () => "" });
  const lines = (file: string) => readFileSync(file, "utf8").trim().split("\n");
  return { snapshotter, asked: () => lines(journal), whole: () => lines(`${program}.whole`) };
}

const endOf = ({ status, says = "", prints = "" }: Recorded): string =>
  `printf '%s' '${prints}'; printf '%s\\n' '${says.replaceAll("'", "'\\''")}' >&2; exit ${status}`;

const volume = { volumeId: "rp/csi-vol-1", zone: "" };
const snapshot = ({ snapshotter }: RbdDouble): Promise<unknown> =>
  snapshotter.createSnapshot({ ...volume, tags: {}, idempotencyKey: "k" }, how);

async function errorOf(asking: Promise<unknown>): Promise<ArkError> {
  const thrown = await asking.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof ArkError, String(thrown));
  return thrown;
}

const kept = "rp/ark-snap-8254c329a92850f6d539dd376f4816ee";
const cut = "rp/csi-vol-1@ark-cut-8254c329a92850f6d539dd376f4816ee";

describe("answers of rbd", () => {
  const connecting = (status: number, before = ""): Recorded => ({
    status,
    says: `${before}rbd: couldn't connect to the cluster!`,
  });
  const rows: readonly (readonly [string, Recorded, string, RegExp])[] = [
    ["a wrong key", connecting(13), "ARK_PROVIDER_DENIED", /key of client\.admin is not valid/],
    ["an unknown user", connecting(1), "ARK_PROVIDER_DENIED", /check user and credentialsFile/],
    [
      "a keyring that is not there",
      connecting(95, "2026-11-22T08:38:14.607+0000 7f6d -1 auth: unable to find a keyring on x\n"),
      "ARK_PROVIDER_DENIED",
      /name its keyring in credentialsFile/,
    ],
    [
      "monitors that are down",
      connecting(
        110,
        "2026-11-22T08:38:19.923+0000 7f7f  0 monclient(hunting): authenticate timed out after 5\n",
      ),
      "ARK_PROVIDER_UNREACHABLE",
      /no monitor answered/,
    ],
    [
      "monitors without an address",
      connecting(22, "server name not found: no.such.host (Name or service not known)\n"),
      "ARK_PROVIDER_UNREACHABLE",
      /addresses of the monitors are not valid/,
    ],
    ["a user without rights", refused, "ARK_PROVIDER_DENIED", /osd 'profile rbd pool=rp'/],
    [
      "a pool that is not there",
      { status: 2, says: "rbd: error opening pool 'rp': (2) No such file or directory" },
      "ARK_PROVIDER_FAILED",
      /check pools and radosNamespace/,
    ],
    [
      "a namespace that is not there",
      { status: 2, says: "rbd: namespace 'n' does not exist." },
      "ARK_PROVIDER_FAILED",
      /check pools and radosNamespace/,
    ],
  ];
  for (const [title, answer, code, advice] of rows) {
    it(`${title}: nothing is made, and the sentence says what to do`, async () => {
      const double = await withRbd({ "snap ls": answer });
      const error = await errorOf(snapshot(double));
      assert.equal(error.code, code);
      assert.match(error.advice ?? "", advice);
      assert.match(error.message, /^ceph-rbd in location "images" cannot look at image "rp\/ark-/);
      assert.doesNotMatch(error.answer ?? "", /7f\w\w|^rbd:/);
      assert.deepEqual(double.asked(), [`snap ls --format json ${kept}`]);
    });
  }

  it("a full pool: what was begun is taken back, in an order that loses nothing", async () => {
    const full = { status: 28, says: "rbd: clone error: (28) No space left on device" };
    const double = await withRbd({ info: image, "snap create": done, clone: full });
    const error = await errorOf(snapshot(double));
    assert.equal(error.code, "ARK_PROVIDER_FAILED");
    assert.match(error.advice ?? "", /pool is full/);
    assert.deepEqual(double.asked().slice(2), [
      `snap create --no-progress ${cut}`,
      `clone --rbd-default-clone-format 2 ${cut} ${kept}`,
      `rm --no-progress ${kept}`,
      `snap rm --no-progress ${cut}`,
    ]);
  });

  it("what cannot be taken back is not said to be nothing", async () => {
    const full = { status: 28, says: "rbd: clone error: (28) No space left on device" };
    const answers = { info: image, "snap create": done, clone: full, "snap rm": refused };
    const error = await errorOf(snapshot(await withRbd(answers)));
    assert.equal(error.code, "ARK_VOLUME_OUTCOME_UNKNOWN");
    assert.match(error.message, /could not be removed/);
  });

  it("a program that is killed, or whose client is shut out, may have done it", async () => {
    const shutOut = {
      status: 108,
      says: "rbd: failed to create snapshot: (108) Cannot send after transport endpoint shutdown",
    };
    for (const end of ["dies", shutOut] as const) {
      const double = await withRbd({ info: image, "snap create": end });
      const error = await errorOf(snapshot(double));
      assert.equal(error.code, "ARK_VOLUME_OUTCOME_UNKNOWN");
      assert.equal(double.asked().at(-1), `snap create --no-progress ${cut}`);
    }
    const looking = await withRbd({ info: "dies" });
    const error = await errorOf(looking.snapshotter.describe(volume, how));
    assert.equal(error.code, "ARK_PROVIDER_UNREACHABLE");
  });

  it("a program that hangs is ended when its time is over", async () => {
    const clock = createVirtualClock({ jump: true });
    const double = await withRbd({ info: "hangs" }, { commandTimeoutSeconds: "7" }, clock);
    const error = await errorOf(double.snapshotter.describe(volume, how));
    assert.equal(error.code, "ARK_PROVIDER_UNREACHABLE");
    assert.equal(error.answer, "no answer within 7 seconds");
  });

  it("rbd ends by itself, soon after its time, where nobody is left to end it", async () => {
    const double = await withRbd({}, { commandTimeoutSeconds: "60" });
    await errorOf(snapshot(double));
    for (const line of double.whole()) {
      assert.match(line, / --rados-mon-op-timeout 70 --rados-osd-op-timeout 70 /);
    }
  });

  it("a program that is not there is named", async () => {
    const double = await withRbd({}, { rbdProgram: "/nonexistent/rbd" });
    const error = await errorOf(double.snapshotter.describe(volume, how));
    assert.match(error.advice ?? "", /"\/nonexistent\/rbd" must be there: .* ceph-common/);
  });

  it("a snapshot is deleted whose image somebody uses: the image stays, and it is told", async () => {
    const busy = { status: 16, says: "rbd: error: image still has watchers" };
    const double = await withRbd({ "snap rm": done, rm: busy });
    const error = await errorOf(double.snapshotter.deleteSnapshot(`${kept}@ark-ts`, how));
    assert.match(error.advice ?? "", /rbd status/);
  });

  it("the trash that cannot be looked through fails no deletion", async () => {
    const double = await withRbd({ "snap rm": done, rm: done, "trash ls": refused });
    await double.snapshotter.deleteSnapshot(`${kept}@ark-ts`, how);
  });

  it("in the trash only what ark-ts put there is removed", async () => {
    const prints = `[{"id":"1","name":"csi-vol-2"},{"id":"2","name":"${kept.slice(3)}"}]`;
    const double = await withRbd({ "snap rm": done, rm: done, "trash ls": { status: 0, prints } });
    await double.snapshotter.deleteSnapshot(`${kept}@ark-ts`, how);
    assert.deepEqual(
      double.asked().filter((one) => one.startsWith("trash rm")),
      ["trash rm --no-progress rp/2"],
    );
  });

  it("ids that are not its own are refused before anything is asked", async () => {
    const double = await withRbd({});
    const ids = [
      ...["rp/csi-vol-1@ark-ts", `other/${kept.slice(3)}@ark-ts`, `${kept}@mine`, `${kept}`],
      ...[`${kept}@ark-ts@x`, "", "--pool@ark-ts", "snap-0123"],
    ];
    for (const id of ids) {
      const error = await errorOf(double.snapshotter.deleteSnapshot(id, how));
      assert.match(error.message, /is not of volume snapshot location "images"/, id);
    }
    assert.deepEqual(double.asked(), [""]);
  });

  it("the credentials are read again at each call, keyring or key alone", async () => {
    const file = join(folder, "credentials");
    const program = join(folder, "echo");
    const seen = join(folder, "seen");
    writeFileSync(program, `#!/bin/sh\necho "$*" >>${seen}\necho '[]'\n`);
    chmodSync(program, 0o755);
    const { snapshotter } = await withRbd({}, { rbdProgram: program, credentialsFile: file });
    writeFileSync(file, "[client.csi]\n\tkey = AQ==\n");
    await snapshotter.snapshotStatus(`${kept}@ark-ts`, how);
    writeFileSync(file, "AQ==\n");
    await snapshotter.snapshotStatus(`${kept}@ark-ts`, how);
    rmSync(file);
    const error = await errorOf(snapshotter.snapshotStatus(`${kept}@ark-ts`, how));
    assert.equal(error.code, "ARK_PROVIDER_DENIED");
    const lines = readFileSync(seen, "utf8").trim().split("\n");
    assert.match(lines[0] ?? "", / --id csi --keyring \S+ -m 10\.0\.0\.1 /);
    assert.match(lines[1] ?? "", / --id admin --keyfile \S+ -m 10\.0\.0\.1 /);
    assert.equal(lines.length, 2);
  });
});
