import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { mapConcurrently } from "../../src/lib/concurrency.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { runCommand } from "../support/run-command.ts";
import { mutationsOf, wholeOf } from "../support/schema-samples.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import {
  type Definition,
  type Json,
  readDefinitions,
  veleroDefinitions,
  veleroSource,
} from "../support/velero-source.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { waitFor } from "../testbed/wait.ts";

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const namespace = "velero";
const source = await veleroSource();

const schemaOf = ({ spec }: Definition): Json =>
  (spec.versions[0]!.schema.openAPIV3Schema as { properties: Json }).properties;

/** Spec and status, without what every object has. */
function bodySchema(definition: Definition): Json {
  const { spec, status } = schemaOf(definition);
  return { type: "object", properties: { spec, status } };
}

const pathOf = ({ spec }: Definition): string =>
  `/apis/velero.io/${spec.versions[0]!.name}/namespaces/${namespace}/${spec.names.plural}`;

function objectOf({ spec }: Definition, name: string, body: unknown): string {
  const apiVersion = `velero.io/${spec.versions[0]!.name}`;
  const metadata = { name };
  return JSON.stringify({ apiVersion, kind: spec.names.kind, metadata, ...(body as Json) });
}

/** What the API server answers, without what differs from request to request. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

describe("the kinds of deploy/crds on a real API server", {
  skip: source.missing === false ? await whyNoTestbed() : source.missing,
}, () => {
  const ours = readDefinitions("deploy/crds/*.yaml");
  let theirs: ReadonlyMap<string, Definition>;
  let plane: ControlPlane;
  let client: KubeClient;

  before(async () => {
    theirs = veleroDefinitions(source);
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    const home = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
    await client.demand("POST", "/api/v1/namespaces", JSON.stringify(home));
    await install(ours);
  });
  after(async () => {
    await client?.close();
    await plane?.stop();
  });

  /** Instead of what is installed; returns when all are served. */
  async function install(definitions: ReadonlyMap<string, Definition>): Promise<void> {
    for (const [name, definition] of definitions) {
      const path = `${definitionsPath}/${name}`;
      if ((await client.get(path)) !== undefined) await client.demand("DELETE", path);
      await waitFor(`${name} to go`, async () => (await client.get(path)) === undefined, {
        timeoutMs: 240_000,
      });
      await client.demand("POST", definitionsPath, JSON.stringify(definition));
    }
    for (const definition of definitions.values()) {
      const served = async () => (await client.send("GET", pathOf(definition))).status === 200;
      await waitFor(`${definition.metadata.name} to be served`, served, { timeoutMs: 240_000 });
    }
  }

  async function ask(definition: Definition, body: unknown): Promise<Answer> {
    const text = objectOf(definition, "probe", body);
    const { status, body: bytes } = await client.send(
      "POST",
      `${pathOf(definition)}?dryRun=All`,
      text,
    );
    const { metadata: _often, ...said } = JSON.parse(bytes.toString()) as Json;
    return { status, body: said };
  }

  it("all 13 are established and served, namespaced, and without a status of their own", async () => {
    interface Resource {
      readonly name: string;
      readonly namespaced: boolean;
      readonly shortNames?: string[];
    }
    // Discovery learns of a kind a little later than its path is served.
    const known = async (version: string, count: number) => {
      const list = async (): Promise<readonly Resource[] | undefined> => {
        const body = await client.demand("GET", `/apis/velero.io/${version}`);
        const { resources } = JSON.parse(body.toString());
        return resources.length === count ? resources : undefined;
      };
      return await waitFor(`${count} kinds of ${version}`, list, { timeoutMs: 240_000 });
    };
    const resources = await known("v1", 11);
    assert.ok(resources.every(({ name, namespaced }) => namespaced && !name.includes("/")));
    const short = resources.flatMap(({ shortNames = [] }) => shortNames);
    assert.deepEqual(short.sort(), ["bsl", "ssr", "vsl"]);
    await known("v2alpha1", 2);
  });

  it("an object with every field that Velero has comes back whole, and takes a status patch", async () => {
    for (const [name, definition] of theirs) {
      const body = wholeOf(bodySchema(definition)) as Json;
      const path = pathOf(definition);
      await client.demand("POST", path, objectOf(definition, "whole", body));
      const read = async () => {
        const { spec, status } = JSON.parse(
          (await client.demand("GET", `${path}/whole`)).toString(),
        );
        return { spec, status };
      };
      assert.deepEqual(await read(), body, name);
      const patch = JSON.stringify({ status: { ...(body["status"] as Json), phase: null } });
      const type = "application/merge-patch+json";
      await client.demand("PATCH", `${path}/whole`, patch, type);
      const { phase: _gone, ...status } = body["status"] as Json;
      assert.deepEqual(await read(), { spec: body["spec"], status }, `${name} patched`);
      await client.demand("DELETE", `${path}/whole`);
    }
  });

  /** Bodies by kind, and what the API server must say. */
  const table: readonly (readonly [plural: string, body: Json, refusal: RegExp | undefined])[] = [
    ["backups", { spec: {} }, undefined],
    ["backups", {}, undefined],
    ["backups", { spec: { labelSelector: null, hooks: { resources: null } } }, undefined],
    ["backups", { status: { phase: "Queued" } }, undefined],
    ["backups", { status: { phase: "queued" } }, /status\.phase: Unsupported value: "queued"/],
    ["backups", { spec: { ttl: 5 } }, /spec\.ttl.*must be of type string/],
    [
      "backups",
      { spec: { resourcePolicy: { name: "x" } } },
      /spec\.resourcePolicy\.kind: Required/,
    ],
    [
      "backups",
      { spec: { hooks: { resources: [{ name: "h", pre: [{ exec: { command: [] } }] }] } } },
      /command.*should have at least 1 items/,
    ],
    ["backups", { spec: { hooks: { resources: [{ name: "h", pre: [{}] }] } } }, /exec: Required/],
    ["restores", { spec: { existingResourcePolicy: "whatever" } }, undefined],
    ["restores", { status: { startTimestamp: "yesterday" } }, /must be of type date-time/],
    ["schedules", { spec: { schedule: "@daily" } }, /spec\.template: Required/],
    ["schedules", { spec: { schedule: "nonsense", template: {} } }, undefined],
    ["backupstoragelocations", { spec: { provider: "aws" } }, /spec\.objectStorage: Required/],
    [
      "backupstoragelocations",
      { spec: { provider: "aws", objectStorage: { bucket: "b", caCert: "§" } } },
      /caCert.*must be of type byte/,
    ],
    ["deletebackuprequests", { spec: {} }, /spec\.backupName: Required/],
    [
      "downloadrequests",
      { spec: { target: { kind: "BackupLogs", name: "b" } } },
      /spec\.target\.kind: Unsupported value: "BackupLogs"/,
    ],
    ["serverstatusrequests", { spec: {} }, undefined],
    ["backuprepositories", { spec: { volumeNamespace: "a" } }, /maintenanceFrequency: Required/],
  ];
  const byPlural = (plural: string): Definition => ours.get(`${plural}.velero.io`)!;
  for (const [plural, body, refusal] of table) {
    const verb = refusal === undefined ? "accepts" : "refuses";
    it(`${verb} ${plural} ${JSON.stringify(body)}`, async () => {
      const { status, body: said } = await ask(byPlural(plural), body);
      const message = String((said as { message?: string }).message ?? "");
      if (refusal === undefined) assert.equal(status, 201, message);
      else assert.match(`${status} ${message}`, refusal);
    });
  }

  it("fills in the defaults, and drops what no schema knows", async () => {
    const { body } = await ask(byPlural("backupstoragelocations"), {
      spec: { provider: "aws", objectStorage: { bucket: "b" }, credential: { key: "k" }, x: 1 },
    });
    assert.deepEqual((body as { spec: unknown }).spec, {
      ...{ provider: "aws", objectStorage: { bucket: "b" }, credential: { key: "k", name: "" } },
    });
  });

  it("the velero command finds in the cluster what it meant to send", async () => {
    const binary = await ensureBinary("velero");
    const home = mkdtempSync(join(tmpdir(), "ark-velero-"));
    const env = { KUBECONFIG: plane.kubeconfig, HOME: home };
    const velero = async (...args: readonly string[]): Promise<string> => {
      const { status, stdout, stderr } = await runCommand(binary, args, { env });
      assert.equal(status, 0, `${args.join(" ")}\n${stdout}${stderr}`);
      return stdout;
    };
    const lists = ["--include-namespaces", "a,b", "--exclude-resources", "secrets"];
    const commands: Readonly<Record<string, readonly string[]>> = {
      backupstoragelocations: [
        ...["backup-location", "create", "one", "--provider", "aws", "--bucket", "b"],
        ...["--prefix", "p", "--config", "region=minio", "--credential", "s=key"],
        ...["--backup-sync-period", "1m", "--validation-frequency", "2m", "--access-mode"],
        ...["ReadOnly", "--default", "--labels", "a=b"],
      ],
      volumesnapshotlocations: [
        ...["snapshot-location", "create", "one", "--provider", "aws", "--config", "region=x"],
      ],
      backups: [
        ...["backup", "create", "one", ...lists, "--ttl", "24h", "--labels", "a=b"],
        ...["--ordered-resources", "pods=a/x,b/y", "--selector", "app in (a,b),!c"],
        ...["--snapshot-volumes=false", "--include-cluster-resources", "--data-mover", "velero"],
        ...["--csi-snapshot-timeout", "3m", "--item-operation-timeout", "5h"],
        ...["--default-volumes-to-fs-backup", "--parallel-files-upload", "4"],
        ...["--resource-policies-configmap", "cm", "--annotations", "c=d"],
      ],
      schedules: [
        ...["schedule", "create", "one", "--schedule", "@every 6h", ...lists, "--paused"],
        ...["--use-owner-references-in-backup", "--skip-immediately=true"],
        ...["--or-selector", "a=b or c=d"],
      ],
      restores: [
        ...["restore", "create", "one", "--from-backup", "one", "--namespace-mappings", "a:b"],
        ...["--restore-volumes=false", "--preserve-nodeports", "--existing-resource-policy"],
        ...["update", "--status-include-resources", "pods", "--write-sparse-files"],
        ...["--parallel-files-download", "3", "--item-operation-timeout", "5h"],
        ...["--resource-modifier-configmap", "cm", "--exclude-namespaces", "z"],
      ],
    };
    for (const [plural, args] of Object.entries(commands)) {
      const meant = JSON.parse(await velero(...args, "-o", "json"));
      await velero(...args);
      const path = `${pathOf(byPlural(plural))}/one`;
      const stored = JSON.parse((await client.demand("GET", path)).toString());
      assert.deepEqual(stored.spec, withoutNulls(meant.spec), plural);
      assert.deepEqual(stored.metadata.labels, meant.metadata.labels, plural);
    }
    rmSync(home, { recursive: true, force: true });
  });

  it("answers each object with one thing changed as it does with Velero's own CRDs", async (t) => {
    const cases = [...theirs]
      .flatMap(([name, definition]) =>
        [...mutationsOf(bodySchema(definition))].map(({ what, value }) => ({ name, what, value })),
      )
      .filter(({ what }) => !what.startsWith("spec.template.")); // the spec of a Backup once more
    const answer = (definitions: ReadonlyMap<string, Definition>) =>
      mapConcurrently(cases, 8, ({ name, value }) => ask(definitions.get(name)!, value));
    const withOurs = await answer(ours);
    await install(theirs);
    const withTheirs = await answer(theirs);
    const accepted = withTheirs.filter(({ status }) => status === 201).length;
    t.diagnostic(`figures: ${cases.length} objects of 13 kinds, ${accepted} accepted`);
    assert.ok(accepted > 100 && cases.length - accepted > 100);
    for (const [at, { name, what }] of cases.entries()) {
      assert.deepEqual(withOurs[at], withTheirs[at], `${name}: ${what}`);
    }
  });
});

/** Go writes null for what is unset, and the API server keeps none where the field allows none. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutNulls(one)]));
}
