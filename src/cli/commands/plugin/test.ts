import { resolve } from "node:path";
import type { ContractResult } from "../../../adapters/plugin-host/contract/contract-check.ts";
import { isJsonObject, type JsonObject } from "../../../lib/json-text.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { readFlagDocument } from "../../flag-file.ts";
import { pluginHostOptions } from "../../plugin-host.ts";
import { printResource } from "../../render/resource-output.ts";
import { renderTable } from "../../render/table.ts";
import { withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

/** Runs the contract of Velero's plugins over an executable; a broken promise is exit status 1. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { args, flags, environment } = invocation;
  const [path = "", ...own] = args;
  const bucket = flags.text("bucket");
  const volume = await volumeOfFlag(flags.text("volume"), environment.cwd);
  if (bucket === undefined && (flags.has("prefix") || (flags.has("config") && !volume))) {
    throw usageError(
      "--config and --prefix have no effect without --bucket",
      "object stores are only asked where they may write to a bucket, snapshotters with --volume",
    );
  }
  return await withSession(invocation, async (session) => {
    const { testProgram } = await import("../../../adapters/plugin-host/contract/test-program.ts");
    const command = { path: resolve(environment.cwd, path), args: own };
    const prefix = (flags.text("prefix") ?? "").replace(/^\/+|\/+$/g, "");
    const config = flags.map("config") ?? {};
    const location = bucket === undefined ? {} : { location: { bucket, prefix, config } };
    const snapshots = volume === undefined ? {} : { snapshots: { volume, config } };
    const options = { ...(await pluginHostOptions(session)), callTimeoutMs: 120_000 };
    const request = { command, ...location, ...snapshots };
    const results = await testProgram(request, options, session.signal);
    await printResource(environment, flags.text("output"), {
      value: { program: command.path, results },
      table: () => renderTable(columns, results),
      names: results.map(({ subject, check }) => `${subject}: ${check}`),
    });
    const broken = results.filter(({ outcome }) => outcome === "broken").length;
    const kept = results.filter(({ outcome }) => outcome === "kept").length;
    const unasked = results.length - broken - kept;
    session.note(`${kept} promises kept, ${broken} broken, ${unasked} not asked`);
    return broken === 0 ? exitStatus.done : exitStatus.failed;
  });
}

async function volumeOfFlag(
  path: string | undefined,
  cwd: string,
): Promise<JsonObject | undefined> {
  if (path === undefined) return undefined;
  const value = await readFlagDocument("volume", path, cwd);
  if (isJsonObject(value) && value["kind"] === "PersistentVolume") return value;
  throw usageError(
    `--volume=${path}: it holds no PersistentVolume`,
    "write one there: kubectl get persistentvolume NAME -o yaml",
  );
}

const columns = [
  {
    title: "PLUGIN",
    cell: ({ subject }: ContractResult) => subject.split("/").slice(-2).join("/"),
  },
  { title: "PROMISE", cell: ({ check }: ContractResult) => check },
  { title: "RESULT", cell: ({ outcome }: ContractResult) => outcome },
  { title: "DETAIL", cell: ({ detail }: ContractResult) => detail },
];
