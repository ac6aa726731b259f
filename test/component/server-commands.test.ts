/** Commands in server mode over an API server in memory, whose other side is scripted. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { resourceKindOf } from "../../src/api/custom-resource.ts";
import { deleteBackupRequestKind } from "../../src/api/delete-backup-request.ts";
import { annotations } from "../../src/api/labels.ts";
import { restoreKind } from "../../src/api/restore.ts";
import { ArkError } from "../../src/lib/errors.ts";
import { type CommandWorld, commandWorld, type Ran } from "../support/command-world.ts";

let world: CommandWorld;
beforeEach(async () => {
  world = await commandWorld();
});
afterEach(() => world.close());

/** Takes runs through these phases, one at each look. */
const through =
  (...phases: readonly (string | object)[]) =>
  ({ status }: { readonly status?: { readonly phase?: string } }) => {
    const names = phases.map((one) =>
      typeof one === "string" ? one : (one as { phase: string }).phase,
    );
    const next = phases[names.indexOf(status?.phase ?? "") + 1];
    if (next === undefined) return undefined;
    return { status: typeof next === "string" ? { phase: next } : next };
  };

const times = {
  startTimestamp: "2026-11-21T10:00:00Z",
  completionTimestamp: "2026-11-21T10:00:02Z",
};

describe("ark-ts backup create with a server", () => {
  it("writes what was typed, and leaves to the server what was not", async () => {
    const { status, out, err } = await world.ark([
      ...["backup", "create", "nightly", "--include-namespaces", "shop", "--labels", "a=b"],
      ...["--selector", "app=web", "--all-api-versions", "--require-coverage"],
    ]);
    assert.equal(status, 0, err);
    assert.match(out, /^backup nightly: asked for, the server does the work\n/);
    const made = await world.read(backupKind, "nightly");
    assert.deepEqual(made?.spec, {
      includedNamespaces: ["shop"],
      labelSelector: { matchLabels: { app: "web" } },
    });
    assert.deepEqual(made?.metadata.labels, { a: "b" });
    assert.deepEqual(made?.metadata.annotations, {
      [annotations.allApiVersions]: "true",
      [annotations.requireCoverage]: "true",
    });
  });

  it("what it suggests next looks in the same namespace, and at no location", async () => {
    const words = ["backup", "create", "b", "--storage-location", "vault", "-n", "ark-ts"];
    const { out, err } = await world.ark(words);
    assert.match(out, /to follow it: ark-ts backup get --namespace ark-ts b, or/, err);
    assert.doesNotMatch(out, /--store/);
  });

  it("a name that is taken is refused", async () => {
    world.seed("Backup", "nightly");
    const { status, err } = await world.ark(["backup", "create", "nightly"]);
    assert.equal(status, 1);
    assert.match(err, /there is a backup "nightly" in namespace ark-ts of context x already/);
  });

  const ends: readonly (readonly [string, number, RegExp])[] = [
    ["Completed", 0, /^backup b: completed in 2\.0 s\n/],
    ["PartiallyFailed", 3, /^backup b: partially failed in 2\.0 s\n {2}2 errors/],
    ["Failed", 1, /^backup b: failed in 2\.0 s\n {2}2 errors\n {2}reason {2}no room/],
    [
      "FailedValidation",
      1,
      /^backup b: failed validation.*\n.*\n.*\n {2}error {3}no such location/,
    ],
  ];
  for (const [phase, expected, said] of ends) {
    it(`--wait follows it over every phase to ${phase}, and ends with ${expected} (regression 84)`, async () => {
      const isPartial = phase === "PartiallyFailed";
      const status = {
        ...times,
        phase,
        ...(phase === "Completed" ? {} : { errors: 2 }),
        ...(phase === "Failed" || phase === "FailedValidation" ? { failureReason: "no room" } : {}),
        ...(phase === "FailedValidation" ? { validationErrors: ["no such location"] } : {}),
      };
      const between = isPartial
        ? ["WaitingForPluginOperationsPartiallyFailed", "FinalizingPartiallyFailed"]
        : ["WaitingForPluginOperations", "Finalizing"];
      const script = through("Queued", "ReadyToStart", "InProgress", ...between, status);
      await world.serve(backupKind, script);
      const ran = await world.ark(["backup", "create", "b", "--wait"]);
      assert.equal(ran.status, expected, ran.err);
      assert.match(ran.out, said);
      assert.match(ran.out, /to see it: ark-ts backup describe b/);
    });
  }

  /** A world in which Ctrl-C comes with the first such request for backup b. */
  async function interruptedAt(
    verb: string,
    look: (world: CommandWorld, ran: Ran) => Promise<void>,
  ) {
    const interrupt = new AbortController();
    const other = await commandWorld({
      authorise: (question) => {
        if (question.verb === verb && question.resource === "backups") {
          interrupt.abort(new ArkError("ARK_CANCELLED", "cancelled"));
        }
        return true;
      },
    });
    try {
      const line = ["backup", "create", "b", "--wait"];
      await look(other, await other.ark(line, interrupt.signal));
    } finally {
      await other.close();
    }
  }

  it("Ctrl-C stops waiting, and says that the backup goes on and how to end it", async () => {
    await interruptedAt("get", async (other, { status, err }) => {
      assert.equal(status, 130);
      assert.match(err, /backup b goes on in the server\..*ark-ts backup cancel b/);
      assert.equal((await other.read(backupKind, "b"))?.metadata.annotations, undefined);
    });
  });

  it("Ctrl-C before the API server has answered says that the backup may be there", async () => {
    await interruptedAt("create", async (_other, { status, err }) => {
      assert.equal(status, 130);
      assert.match(err, /backup b may have been asked for: ark-ts backup get b tells/);
    });
  });

  it("--from-schedule takes the template, its labels and the schedule's name", async () => {
    world.seed("Schedule", "daily", {
      metadata: { labels: { team: "a" }, annotations: { note: "n" } },
      spec: { schedule: "@daily", template: { includedNamespaces: ["shop"], ttl: "24h0m0s" } },
    });
    const { status, err } = await world.ark(["backup", "create", "--from-schedule", "daily"]);
    assert.equal(status, 0, err);
    const [made] = await world.list(backupKind);
    assert.match(made?.metadata.name ?? "", /^daily-\d{14}$/);
    assert.deepEqual(made?.spec, { includedNamespaces: ["shop"], ttl: "24h0m0s" });
    assert.deepEqual(made?.metadata.labels, { team: "a", "velero.io/schedule-name": "daily" });
    assert.deepEqual(made?.metadata.annotations, { note: "n" });
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ["--from-schedule daily --include-namespaces shop", /cannot be used together/],
    ["--storage-location s3://bucket/x", /no effect in server mode: a server knows its locations/],
    [
      "--resource-policies-file p.yaml",
      /kubectl -n ark-ts create configmap NAME --from-file=p\.yaml; then --resource-policies-configmap NAME/,
    ],
    ["--plan p.json", /has no effect in server mode: a plan .*\n.*--mode standalone/],
    ["--resource-policies-configmap other/p", /own namespace ark-ts only/],
  ];
  for (const [flags, said] of refused) {
    it(`refuses ${flags}, and makes nothing`, async () => {
      const { status, err } = await world.ark(["backup", "create", "b", ...flags.split(" ")]);
      assert.equal(status, 2, err);
      assert.match(err, said);
      assert.deepEqual(await world.list(backupKind), []);
    });
  }
});

describe("ark-ts backup cancel", () => {
  it("asks by annotation, waits for the end, and calls it cancelled", async () => {
    world.seed("Backup", "b", { status: { phase: "InProgress" } });
    await world.serve(backupKind, ({ metadata }) =>
      metadata.annotations?.[annotations.cancel] === undefined ||
      metadata.annotations[annotations.outcome] !== undefined
        ? undefined
        : {
            metadata: { annotations: { [annotations.outcome]: "cancelled" } },
            status: { phase: "Failed" },
          },
    );
    const { status, out, err } = await world.ark(["backup", "cancel", "b"]);
    assert.deepEqual([status, out], [0, "backup b: cancelled\n"], err);
  });

  it("says that one has ended already, and fails", async () => {
    world.seed("Backup", "b", { status: { phase: "Completed" } });
    const { status, out } = await world.ark(["backup", "cancel", "b"]);
    assert.deepEqual([status, out], [1, "backup b had ended already: Completed\n"]);
    assert.equal((await world.read(backupKind, "b"))?.metadata.annotations, undefined);
  });

  it("waits no longer than --timeout, where nobody answers", async () => {
    world.seed("Backup", "b", { status: { phase: "InProgress" } });
    const { status, err } = await world.ark(["backup", "cancel", "b", "--timeout", "200ms"]);
    assert.equal(status, 1);
    assert.match(err, /backup "b" has not ended 0\.2 s after it was asked to: it is InProgress/);
  });
});

describe("ark-ts backup delete with a server", () => {
  it("asks with a DeleteBackupRequest, and waits until the backup is gone", async () => {
    world.seed("Backup", "b", { status: { phase: "Completed" } });
    const { uid } = (await world.read(backupKind, "b"))?.metadata ?? {};
    const asked: unknown[] = [];
    await world.serve(deleteBackupRequestKind, ({ metadata, spec, status }) => {
      if (status !== undefined) return undefined;
      asked.push([spec, metadata.labels]);
      const ref = { kind: resourceKindOf(backupKind), namespace: "ark-ts", name: "b" };
      void world.cluster.remove(ref, { signal: new AbortController().signal });
      return { status: { phase: "InProgress" } };
    });
    const { status, out, err } = await world.ark(["backup", "delete", "b", "--confirm"]);
    assert.deepEqual([status, out], [0, "backup b: deleted\n"], err);
    assert.deepEqual(asked, [
      [{ backupName: "b" }, { "velero.io/backup-name": "b", "velero.io/backup-uid": uid }],
    ]);
  });

  it("names what could not be deleted, and fails", async () => {
    world.seed("Backup", "b", { status: { phase: "Completed" } });
    await world.serve(deleteBackupRequestKind, ({ status }) =>
      status?.phase === "Processed"
        ? undefined
        : { status: { phase: "Processed", errors: ["snapshot s-1: denied"] } },
    );
    const { status, out } = await world.ark(["backup", "delete", "b", "--confirm"]);
    assert.equal(status, 1);
    assert.equal(out, "backup b: not deleted\n  error   snapshot s-1: denied\n");
  });

  it("asks nobody on a terminal-less line without --confirm, and does nothing", async () => {
    world.seed("Backup", "b");
    const { status, err } = await world.ark(["backup", "delete", "b"]);
    assert.equal(status, 2);
    assert.match(err, /add --confirm/);
    assert.deepEqual(await world.list(deleteBackupRequestKind), []);
  });
});

describe("restores with a server", () => {
  it("restore create writes the Restore with what Velero has no field for, and --wait follows it", async () => {
    world.seed("Backup", "b", { status: { phase: "Completed" } });
    await world.serve(
      restoreKind,
      through("InProgress", "FinalizingPartiallyFailed", {
        phase: "PartiallyFailed",
        errors: 1,
        ...times,
      }),
    );
    const { status, out, err } = await world.ark([
      ...["restore", "create", "r", "--from-backup", "b", "--namespace-mappings", "a:b"],
      ...["--existing-resource-policy", "recreate", "--passive", "--wait"],
    ]);
    assert.equal(status, 3, err);
    assert.match(out, /^restore r: partially failed in 2\.0 s\n {2}1 error\n/);
    const made = await world.read(restoreKind, "r");
    assert.equal(made?.spec.backupName, "b");
    assert.deepEqual(made?.spec.namespaceMapping, { a: "b" });
    assert.deepEqual(made?.metadata.annotations, {
      [annotations.passive]: "true",
      [annotations.existingResourcePolicy]: "recreate",
    });
  });

  it("restore create carries in annotations what Velero's spec has no field for", async () => {
    world.seed("Backup", "b", { status: { phase: "Completed" } });
    const create = ["restore", "create", "r", "--from-backup", "b"];
    const { status, err } = await world.ark([
      ...[...create, "--strict", "--allow-damaged", "--read-back=false", "--require-ready"],
      ...["--ready-timeout", "90s", "--wait-limits", "object-terminating=5s"],
    ]);
    assert.equal(status, 0, err);
    assert.deepEqual((await world.read(restoreKind, "r"))?.metadata.annotations, {
      [annotations.strict]: "true",
      [annotations.allowDamaged]: "true",
      [annotations.skipReadBack]: "true",
      [annotations.waitForReady]: "1m30s",
      [annotations.requireReady]: "true",
      [annotations.waitLimits]: "object-terminating=5s",
    });
  });

  const refusals: readonly (readonly [string, RegExp])[] = [
    [
      "--resource-modifier-file m.yaml",
      /kubectl -n ark-ts create configmap NAME --from-file=m\.yaml; then --resource-modifier-configmap NAME/,
    ],
    [
      "--version-priorities-file v",
      /create configmap enableapigroupversions --from-file=restoreResourcesVersionPriority=v/,
    ],
    ["--wait-limits dinner=1h", /there is no such wait/],
  ];
  for (const [flags, said] of refusals) {
    it(`restore create refuses ${flags}, says what to do, and makes nothing`, async () => {
      world.seed("Backup", "b", { status: { phase: "Completed" } });
      const create = ["restore", "create", "r", "--from-backup", "b"];
      const { status, err } = await world.ark([...create, ...flags.split(" ")]);
      assert.equal(status, 2, err);
      assert.match(err, said);
      assert.deepEqual(await world.list(restoreKind), []);
    });
  }

  it("restore create of a backup that is not there makes nothing", async () => {
    const { status, err } = await world.ark(["restore", "create", "--from-backup", "nope"]);
    assert.equal(status, 1);
    assert.match(err, /there is no backup "nope"/);
    assert.deepEqual(await world.list(restoreKind), []);
  });

  it("--from-schedule leaves the choice to the server, and with --allow-partially-failed looks it up", async () => {
    const of = (phase: string, startTimestamp: string) => ({
      metadata: { labels: { "velero.io/schedule-name": "daily" } },
      status: { phase, startTimestamp },
    });
    world.seed("Backup", "d1", of("Completed", "2026-11-20T00:00:00Z"));
    world.seed("Backup", "d2", of("PartiallyFailed", "2026-11-21T00:00:00Z"));
    world.seed("Backup", "d3", of("Failed", "2026-11-22T00:00:00Z"));
    const create = ["restore", "create", "--from-schedule", "daily"];
    assert.equal((await world.ark([...create, "--labels", "n=1"])).status, 0);
    const [first] = await world.list(restoreKind);
    assert.equal(first?.spec.scheduleName, "daily");
    const named = ["restore", "create", "r2", ...create.slice(2), "--allow-partially-failed"];
    assert.equal((await world.ark(named)).status, 0);
    assert.equal((await world.read(restoreKind, "r2"))?.spec.backupName, "d2");
  });

  it("get, describe, logs, cancel and delete know them", async () => {
    world.seed("Restore", "r", {
      spec: { backupName: "b" },
      status: { phase: "InProgress", progress: { totalItems: 10, itemsRestored: 4 } },
    });
    assert.match((await world.ark(["restore", "get"])).out, /^NAME +BACKUP .*\nr +b +InProgress/);
    const described = await world.ark(["restore", "describe", "r"]);
    assert.match(described.out, /Items restored: +4/);
    const logs = await world.ark(["restore", "logs", "r", "--timeout", "100ms"]);
    assert.equal(logs.status, 1);
    const cancel = await world.ark(["restore", "cancel", "r", "--timeout", "100ms"]);
    assert.match(cancel.err, /restore "r" has not ended/);
    const asked = (await world.read(restoreKind, "r"))?.metadata.annotations ?? {};
    assert.ok(annotations.cancel in asked);
    const deleted = await world.ark(["restore", "delete", "r", "--confirm"]);
    assert.deepEqual([deleted.status, deleted.out], [0, "restore r: deleted\n"], deleted.err);
    assert.deepEqual(await world.list(restoreKind), []);
  });
});
