/** The contract of Velero's plugins as checks of any program that serves some. */
import { ArkError, hasCode } from "../../../lib/errors.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import type { GrpcConnection } from "../../../plugin-wire/grpc-connection.ts";
import type { PluginKind } from "../../../plugin-wire/plugin-kinds.ts";
import {
  healthCheck,
  healthServing,
  listPlugins,
} from "../../../plugin-wire/services/go-plugin.ts";
import { appliesToOf, backupItemAction } from "../../../plugin-wire/services/item-actions.ts";
import { displayCommand, type PluginCommand, type PluginHostOptions } from "../host-options.ts";
import { type ListedPlugin, sortListing } from "../list-plugins.ts";
import { type PluginProcess, startPlugin } from "../plugin-process.ts";
import { describeEnd } from "../start-failure.ts";
import { type ContractResult, runChecks } from "./contract-check.ts";
import { objectStoreChecks } from "./object-store-checks.ts";
import { snapshotterChecks } from "./snapshotter-checks.ts";

export interface ContractRequest {
  readonly command: PluginCommand;
  /**
   * A location that an ObjectStore plugin may write to and remove from, below a folder of its own.
   * Without it stores are not asked.
   */
  readonly location?: {
    readonly bucket: string;
    readonly prefix: string;
    readonly config: Readonly<Record<string, string>>;
  };
  /**
   * A PersistentVolume that a VolumeSnapshotter plugin may make a snapshot of, and remove it.
   * Without it snapshotters are not asked.
   */
  readonly snapshots?: {
    readonly volume: JsonObject;
    readonly config: Readonly<Record<string, string>>;
  };
}

const manyCalls = 200;

/** What the program promises and keeps, in order. Errors: ARK_PLUGIN_START, when it does not start. */
export async function testProgram(
  { command, ...places }: ContractRequest,
  options: PluginHostOptions,
  signal: AbortSignal,
): Promise<readonly ContractResult[]> {
  const subject = displayCommand(command);
  const plugin = await startPlugin(command, options, signal);
  try {
    const { connection } = plugin;
    const { plugins: raw } = await connection.call(listPlugins, {}, signal);
    const { plugins, passedOver } = sortListing(raw);
    const results = [...(await programChecks(subject, plugin, { raw, passedOver }, signal))];
    for (const listed of plugins) {
      const name = `${listed.kind} ${listed.name}`;
      const checks = checksOf(listed, connection, places, options, signal);
      if (checks.length > 0) results.push(...(await runChecks(name, checks, signal)));
      else results.push(notAsked(name, listed.kind));
    }
    results.push(...(await manyAtOnce(subject, plugins, plugin, signal)));
    results.push(...(await ending(subject, plugin, options, signal)));
    return results;
  } finally {
    await plugin.stop();
  }
}

function notAsked(subject: string, kind: PluginKind): ContractResult {
  const why =
    kind === "ObjectStore"
      ? "give --bucket, and --config where it needs some: objects are written and removed"
      : "give --volume, and --config where it needs some: a snapshot is made and removed";
  return { subject, check: "its calls", outcome: "not asked", detail: why };
}

interface Listing {
  readonly raw: readonly { readonly command: string; readonly name: string }[];
  readonly passedOver: readonly string[];
}

async function programChecks(
  subject: string,
  { connection, isAlive }: PluginProcess,
  { raw, passedOver }: Listing,
  signal: AbortSignal,
): Promise<readonly ContractResult[]> {
  return await runChecks(
    subject,
    [
      ["starts and shakes hands", async () => "go-plugin 1, Velero 2, gRPC on a private socket"],
      [
        "lists what it serves",
        async () => {
          if (passedOver.length > 0) throw broken(passedOver.join("; "));
          if (raw.length === 0) throw broken("it lists nothing");
          return `${raw.length} plugins`;
        },
      ],
      [
        "lists itself as the command",
        async () => {
          const path = subject.split(" ")[0];
          const other = raw.find(({ command }) => command !== path);
          if (other === undefined) return "Velero starts this path again for each run";
          throw broken(`${other.name} is listed under ${JSON.stringify(other.command)}`);
        },
      ],
      [
        "answers the health check",
        async () => {
          const { status } = await connection.call(healthCheck, { service: "plugin" }, signal);
          if (status === healthServing) return "serving";
          throw broken(`it answers status ${status}`);
        },
      ],
      [
        "refuses a name that it does not serve, and lives on",
        async () => {
          const request = { plugin: "nobody.example.com/nothing" };
          const refused = await connection.call(backupItemAction.appliesTo, request, signal).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (!isAlive()) throw broken("its process ended over it");
          if (hasCode(refused, "ARK_PLUGIN_FAILED") || hasCode(refused, "ARK_PLUGIN_UNSUPPORTED")) {
            return refused.answer ?? refused.message;
          }
          throw broken("it answered as if it served it");
        },
      ],
    ],
    signal,
  );
}

function checksOf(
  { kind, name }: ListedPlugin,
  connection: GrpcConnection,
  { location, snapshots }: Omit<ContractRequest, "command">,
  options: PluginHostOptions,
  signal: AbortSignal,
): Parameters<typeof runChecks>[1] {
  if (kind === "ObjectStore") {
    if (location === undefined) return [];
    const folder = `ark-ts-plugin-test/${options.clock.uuid()}`;
    return objectStoreChecks({ connection, plugin: name, folder, location, signal });
  }
  if (kind === "VolumeSnapshotter") {
    if (snapshots === undefined) return [];
    const backup = `ark-ts-plugin-test-${options.clock.uuid()}`;
    return snapshotterChecks({ connection, plugin: name, backup, ...snapshots, signal });
  }
  return [
    [
      "says which items it is for",
      async () => {
        const ask = async () =>
          (await connection.call(appliesToOf[kind], { plugin: name }, signal)).selector;
        const [first, second] = [await ask(), await ask()];
        if (JSON.stringify(first) !== JSON.stringify(second)) throw broken("twice differently");
        const kinds = first?.includedResources ?? [];
        return kinds.length === 0 ? "every kind" : kinds.join(", ");
      },
    ],
  ];
}

async function manyAtOnce(
  subject: string,
  plugins: readonly ListedPlugin[],
  { connection, isAlive }: PluginProcess,
  signal: AbortSignal,
): Promise<readonly ContractResult[]> {
  const actions = plugins.flatMap(({ kind, name }) =>
    kind === "ObjectStore" || kind === "VolumeSnapshotter" ? [] : [{ kind, name }],
  );
  if (actions.length === 0) return [];
  const check = `bears ${manyCalls} calls at once, each name being warm`;
  return await runChecks(
    subject,
    [
      [
        check,
        async () => {
          const calls = Array.from({ length: manyCalls }, (_, index) => {
            const { kind, name } = actions[index % actions.length] as (typeof actions)[0];
            return connection.call(appliesToOf[kind], { plugin: name }, signal);
          });
          await Promise.all(calls);
          if (!isAlive()) throw broken("its process ended over them");
          return `${actions.length} names`;
        },
      ],
    ],
    signal,
  );
}

async function ending(
  subject: string,
  plugin: PluginProcess,
  { clock }: PluginHostOptions,
  signal: AbortSignal,
): Promise<readonly ContractResult[]> {
  return await runChecks(
    subject,
    [
      [
        "ends when it is told to",
        async () => {
          const begun = clock.monotonicMs();
          await plugin.stop();
          const end = await plugin.ended;
          if (end.code !== 0) throw broken(`it ${describeEnd(end)}`);
          return `after ${Math.round(clock.monotonicMs() - begun)} ms`;
        },
      ],
    ],
    signal,
  );
}

function broken(fault: string): ArkError {
  return new ArkError("ARK_PLUGIN_FAILED", fault);
}
