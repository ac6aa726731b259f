import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { PlannedItem } from "../domain/restore/planned-item.ts";
import { type ArkError, hasCode } from "../lib/errors.ts";
import { jsonPieces } from "../lib/json-pieces.ts";
import { decodeJson } from "../lib/json-text.ts";
import { createPlanDigest, type RestorePlanHeader } from "../restore/plan/plan-document.ts";
import {
  createExpectations,
  type ExpectationTable,
  type PlannedRun,
} from "../restore/plan/plan-expectation.ts";
import type { CliEnvironment } from "./environment.ts";
import { typedPath } from "./flag-file.ts";
import { kindOfDocument } from "./kind-of-document.ts";
import { plansDir } from "./restore-plan-store.ts";
import { usageError } from "./usage-error.ts";

export interface SavedRestorePlan {
  readonly header: RestorePlanHeader;
  readonly planned: PlannedRun;
}

/** Of one piece of a JSON document, and of a YAML document without its objects' lines. */
const maxTextBytes = 64 * 1024 * 1024;

/**
 * The plan that `--plan` names: a file (a path with a slash, or a name that ends in .json or .yaml),
 * or the id of a plan that is kept. It must be as it was written. Errors: ARK_USAGE.
 */
export async function readRestorePlan(
  environment: CliEnvironment,
  typed: string,
  allowDrift: boolean,
): Promise<SavedRestorePlan> {
  const isFile = typed.includes("/") || /\.(?:json|ya?ml)$/.test(typed);
  const path = isFile
    ? typedPath(typed, environment.cwd)
    : join(plansDir(environment), `${typed}.json`);
  try {
    await stat(path);
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    throw usageError(
      isFile
        ? `--plan=${typed}: the file cannot be read (${code})`
        : `--plan=${typed}: no plan of this id is kept here`,
      isFile
        ? "look at the path, or make the plan again: ark-ts restore plan … -o FILE"
        : "name the file that it was saved in, or make it again: ark-ts restore plan",
    );
  }
  return await readDocument(path, typed, allowDrift);
}

async function readDocument(
  path: string,
  typed: string,
  allowDrift: boolean,
): Promise<SavedRestorePlan> {
  const fail = (problem: string): ArkError =>
    usageError(
      `--plan=${typed}: ${problem}`,
      "make one with: ark-ts restore plan --from-backup NAME … -o FILE",
    );
  const reader = createItemReader(fail);
  const header = (await isJson(path))
    ? await readJson(path, reader, fail)
    : await readYaml(path, reader, fail);
  return reader.finish(checkedHeader(header, fail), allowDrift);
}

type Fail = (problem: string) => ArkError;

/** By the first byte that is not white space. */
async function isJson(path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path)) {
    const text = (chunk as Buffer).toString("latin1").trimStart();
    if (text !== "") return text.startsWith("{");
  }
  return false;
}

/** Whatever its layout, and whatever the order of its members. */
async function readJson(path: string, reader: ItemReader, fail: Fail): Promise<unknown> {
  const header: Record<string, unknown> = {};
  try {
    for await (const { key, text } of jsonPieces(createReadStream(path), "items", maxTextBytes)) {
      if (key === "items") reader.take(text);
      else header[key] = decodeJson(text);
    }
  } catch (thrown) {
    if (hasCode(thrown, "ARK_USAGE")) throw thrown;
    throw fail(thrown instanceof Error ? thrown.message : "it is not valid JSON");
  }
  return header;
}

/** As ark-ts writes it: all but the objects, then a line of JSON for each; else it is read whole. */
async function readYaml(path: string, reader: ItemReader, fail: Fail): Promise<unknown> {
  const lines = createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let text = "";
  let isOwnLayout: boolean | undefined;
  for await (const line of lines) {
    if (text.endsWith("\nitems:\n") || isOwnLayout === true) {
      isOwnLayout ??= line.startsWith("- {");
      if (isOwnLayout) {
        if (line !== "") reader.take(line.replace(/^- /, ""));
        continue;
      }
    }
    text += `${line}\n`;
    if (text.length > maxTextBytes) throw fail("it is too large to be a plan");
  }
  const value = await yamlOf(text, fail);
  if (typeof value !== "object" || value === null) throw fail("it holds no object");
  const { items, ...header } = value as { readonly items?: unknown };
  for (const item of Array.isArray(items) ? items : []) reader.take(JSON.stringify(item));
  return header;
}

async function yamlOf(text: string, fail: Fail): Promise<unknown> {
  const { CORE_SCHEMA, load } = await import("js-yaml");
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (cause) {
    const [reason = ""] = (cause as Error).message.split("\n");
    throw fail(`it is neither JSON nor YAML: ${reason}`);
  }
}

function checkedHeader(value: unknown, fail: Fail): RestorePlanHeader {
  const isRecord = (one: unknown): one is Readonly<Record<string, unknown>> =>
    typeof one === "object" && one !== null && !Array.isArray(one);
  if (!isRecord(value)) throw fail("it holds no object");
  const { apiVersion, kind } = value;
  if (apiVersion !== "ark-ts.dev/v1" || kind !== "RestorePlan") {
    throw fail(`it is no plan of a restore: ${kindOfDocument(value)}`);
  }
  for (const key of ["metadata", "cluster", "backup", "restore", "totals"]) {
    if (!isRecord(value[key])) throw fail(`${key} is missing`);
  }
  const { restore } = value as { readonly restore: Readonly<Record<string, unknown>> };
  for (const key of ["spec", "labels", "annotations"]) {
    if (!isRecord(restore[key])) throw fail(`restore.${key} is missing`);
  }
  if (typeof value["planSha256"] !== "string") throw fail("planSha256 is missing");
  return value as unknown as RestorePlanHeader;
}

interface ItemReader {
  /** An object of the plan, as JSON. */
  take(text: string): void;
  finish(header: RestorePlanHeader, allowDrift: boolean): SavedRestorePlan;
}

/** Reads one object after the other and keeps what a run needs of each. */
function createItemReader(fail: Fail): ItemReader {
  const digest = createPlanDigest();
  const table: ExpectationTable = createExpectations();
  let objects = 0;
  return {
    take(text) {
      objects += 1;
      try {
        digest.add(text);
        table.add(decodeJson(text) as PlannedItem);
      } catch {
        throw fail(`its object ${objects} is not valid JSON`);
      }
    },
    finish(header, allowDrift) {
      if (objects !== header.totals.objects || digest.end(header) !== header.planSha256) {
        throw fail("it was changed after it was made");
      }
      return { header, planned: table.finish(header, allowDrift) };
    },
  };
}
