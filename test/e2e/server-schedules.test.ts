/** Schedules by the real velero command against an ark-ts server and a real API server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Schedule } from "../../src/api/schedule.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { createVeleroCommand, type VeleroCommand } from "../support/velero-command.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { waitFor } from "../testbed/wait.ts";

const kinds = "/apis/velero.io/v1/namespaces/ark-ts";

interface BackupList {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
    readonly spec: { readonly includedNamespaces?: readonly string[] };
  }[];
}

/** Half a day from now: it does not fire while the tests run. */
const farOff = `0 ${(new Date().getUTCHours() + 12) % 24} * * *`;
const asPattern = (expression: string): string => expression.replaceAll("*", "\\*");

describe("velero schedule against an ark-ts server", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let client: KubeClient;
  let ark: Ark;
  let command: VeleroCommand;
  let server: ArkServer;

  before(async () => {
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    command = createVeleroCommand(await ensureBinary("velero"), plane.kubeconfig, ark);
    await ark.ok("install", "--crds-only");
    const namespace = JSON.stringify({ metadata: { name: "ark-ts" } });
    await client.demand("POST", "/api/v1/namespaces", namespace);
    server = startArkServer(ark, plane.kubeconfig);
    await server.ready("leading");
  });
  after(async () => {
    server?.kill("SIGKILL");
    await server?.ended;
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  const schedule = async (name: string): Promise<Schedule> =>
    JSON.parse((await client.demand("GET", `${kinds}/schedules/${name}`)).toString()) as Schedule;
  const backups = async (of: string): Promise<BackupList["items"]> => {
    const query = `labelSelector=velero.io%2Fschedule-name%3D${of}`;
    const body = await client.demand("GET", `${kinds}/backups?${query}`);
    return (JSON.parse(body.toString()) as BackupList).items;
  };
  const becomes = (name: string, phase: string) =>
    waitFor(
      `${name} to be ${phase}`,
      async () => {
        const found = await schedule(name);
        return found.status?.phase === phase && found;
      },
      { timeoutMs: 240_000 },
    );
  const hasBackups = (name: string, least: number) =>
    waitFor(
      `${least} backups of ${name}`,
      async () => {
        const found = await backups(name);
        return found.length >= least && found;
      },
      { timeoutMs: 240_000 },
    );

  it("create, get and describe show what a Velero server would", async () => {
    const made = await command.says(
      ...["schedule", "create", "nightly", "--schedule", farOff, "--ttl", "240h"],
      ...["--include-namespaces", "shop"],
    );
    assert.match(made, /^Schedule "nightly" created successfully\.$/m);
    await becomes("nightly", "Enabled");
    const [heading, row] = (await command.says("schedule", "get", "nightly")).trim().split("\n");
    assert.match(
      heading ?? "",
      /^NAME +STATUS +CREATED +SCHEDULE +BACKUP TTL +LAST BACKUP +SELECTOR +PAUSED/,
    );
    assert.match(
      row ?? "",
      new RegExp(`^nightly +Enabled .* ${asPattern(farOff)} +240h0m0s +n/a +<none> +false`),
    );
    const told = await command.says("schedule", "describe", "nightly");
    assert.match(told, /^Phase: +Enabled$/m);
    assert.match(told, /^Last Backup: +<never>$/m);
    assert.deepEqual(await backups("nightly"), [], "creation is no time to fire");
  });

  it("an invalid expression is FailedValidation, and describe says why", async () => {
    await command.says("schedule", "create", "wrong", "--schedule", "61 3 * * 7");
    await becomes("wrong", "FailedValidation");
    const told = await command.says("schedule", "describe", "wrong");
    assert.match(told, /minute "61": 61 is above 59/);
    assert.match(told, /Sunday is 0/);
  });

  it("one that is due makes Backups, is paused, and unpaused without one at once", async () => {
    await command.says(
      ...["schedule", "create", "often", "--schedule", "@every 2s", "--labels", "team=a"],
      ...["--include-namespaces", "shop"],
    );
    const [backup] = await hasBackups("often", 1);
    assert.match(backup?.metadata.name ?? "", /^often-\d{14}$/);
    assert.equal(backup?.metadata.labels?.["team"], "a");
    assert.deepEqual(backup?.spec.includedNamespaces, ["shop"]);
    assert.ok(
      (await schedule("often")).spec.skipImmediately === undefined,
      "the spec is untouched",
    );
    assert.match(
      await command.says("schedule", "pause", "often"),
      /Schedule often paused successfully/,
    );
    assert.match(await command.says("schedule", "pause", "often"), /already paused, skip/);
    // A time passes, and is written as let pass.
    await waitFor("a time to pass", async () => (await schedule("often")).status?.lastSkipped, {
      timeoutMs: 240_000,
    });
    const before = (await backups("often")).length;
    const skipped = (await schedule("often")).status?.lastSkipped;
    await waitFor(
      "another time to pass",
      async () => (await schedule("often")).status?.lastSkipped !== skipped,
      { timeoutMs: 240_000 },
    );
    assert.equal((await backups("often")).length, before);
    assert.match(await command.says("schedule", "unpause", "often"), /unpaused successfully/);
    await hasBackups("often", before + 1);
    assert.match(await command.says("schedule", "delete", "often", "--confirm"), /deleted: often/);
    assert.ok((await backups("often")).length > before, "its backups stay");
  });

  it("ark-ts sees the same", async () => {
    const mode = ["--mode", "server"];
    assert.match(
      await ark.ok("schedule", "get", ...mode),
      new RegExp(`^nightly +Enabled +${asPattern(farOff)} +- +20`, "m"),
    );
    await ark.ok("schedule", "create", "ours", "--schedule", "@daily", "--paused", ...mode);
    await becomes("ours", "Enabled");
    assert.match(await command.says("schedule", "get", "ours"), /ours +Enabled .* true/);
    await ark.ok("schedule", "delete", "ours", "--confirm", ...mode);
    assert.ok(!(await command.says("schedule", "get")).includes("ours"));
  });
});
