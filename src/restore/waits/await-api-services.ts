import { endsTheRun } from "../../domain/restore/retry.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { toArkError } from "../../lib/errors.ts";
import { arrayAt, objectAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ObjectRef } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";
import { isPlanned } from "../plan-restore.ts";
import type { RestoreRun } from "../restore-run.ts";
import type { LateApi } from "./late-apis.ts";
import type { RunningWait } from "./waits.ts";

export const apiServices = "apiservices.apiregistration.k8s.io";
const pollMs = 500;

/**
 * Waits for the APIServices of the restore behind which a server stands and whose kinds this restore
 * has objects of, then learns anew what is served. Each is waited for once. Of one that does not
 * come in time the objects fail by themselves, with what is put into `lateApis`.
 */
export async function awaitApiServices(run: RestoreRun, signal: AbortSignal): Promise<void> {
  if (!run.plan.kinds.has(apiServices)) return;
  const wanted = wantedVersions(run);
  if (wanted.size === 0) return;
  const names: string[] = [];
  for await (const line of run.backup.index(signal)) {
    if (line.resource !== apiServices || !wanted.has(line.name) || !isPlanned(run.plan, line))
      continue;
    names.push(line.name);
  }
  await mapConcurrently(names, run.limits.readers, async (name) => {
    const version = wanted.get(name) as string;
    const limitMs = run.limits.apiServiceReadyMs;
    const waiting = run.waits.begin("api-service-available", limitMs, signal);
    try {
      const late = await awaitServed(run, { name, version }, waiting, signal);
      if (late !== undefined) run.lateApis.set(version, late);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      if (endsTheRun(error.code)) throw error;
      run.log.write("warn", "an APIService could not be looked at", { name, error: error.message });
    } finally {
      waiting.end();
    }
  });
}

/** Versions that the restore has objects of and that nobody serves, by the names of their APIServices. */
function wantedVersions({ plan, target, lateApis }: RestoreRun): ReadonlyMap<string, string> {
  const wanted = new Map<string, string>();
  for (const kind of plan.kinds.values()) {
    const { version } = kind;
    if (!version.includes("/") || plan.definitions.has(kind.resource) || lateApis.has(version))
      continue;
    if (target.find(kind.resource, version) !== undefined) continue;
    wanted.set(apiServiceName(version), version);
  }
  return wanted;
}

/** Of the APIService behind a version `group/version`. */
export function apiServiceName(version: string): string {
  const slash = version.indexOf("/");
  return `${version.slice(slash + 1)}.${version.slice(0, Math.max(0, slash))}`;
}

interface WantedApi {
  readonly name: string;
  readonly version: string;
}

/** Answers why not, at the limit. An APIService that is not there, or has no server, is none to wait for. */
async function awaitServed(
  run: RestoreRun,
  { name, version }: WantedApi,
  waiting: RunningWait,
  signal: AbortSignal,
): Promise<LateApi | undefined> {
  const kind = run.target.find(apiServices, "apiregistration.k8s.io/v1");
  if (kind === undefined) return undefined;
  const ref: ObjectRef = { kind, namespace: "", name };
  for (;;) {
    const raw = await run.ports.cluster.get(ref, { signal });
    if (raw === undefined) return undefined;
    const apiService = readObject(raw.bytes, `APIService "${name}" of the cluster`);
    const service = serviceOf(apiService);
    if (service === undefined) return undefined;
    const problem = problemOf(apiService);
    if (problem === undefined) {
      await run.target.refresh(signal);
      if (isServed(run, version)) return undefined;
    }
    if (waiting.isLate) {
      const seconds = Math.round(waiting.waitedMs / 1000);
      const why = problem ?? "it is, and its kinds are not served";
      return {
        why: `its APIService "${name}" was not Available after ${seconds} s: ${why}`,
        service,
      };
    }
    waiting.show(`APIService "${name}"`, problem);
    await waiting.pause(pollMs);
  }
}

function isServed({ plan, target }: RestoreRun, version: string): boolean {
  return [...plan.kinds.values()].some(
    (kind) => kind.version === version && target.find(kind.resource, version) !== undefined,
  );
}

/** Undefined: the API server itself serves the group. */
function serviceOf(apiService: JsonObject): string | undefined {
  const service = objectAt(apiService, ["spec", "service"]);
  const name = textAt(service, ["name"]);
  return name === "" ? undefined : `${textAt(service, ["namespace"])}/${name}`;
}

/** Undefined: it is Available. */
function problemOf(apiService: JsonObject): string | undefined {
  const found = arrayAt(apiService, ["status", "conditions"]).find(
    (one) => textAt(one, ["type"]) === "Available",
  );
  if (textAt(found, ["status"]) === "True") return undefined;
  const told = [textAt(found, ["reason"]), textAt(found, ["message"])].filter((one) => one !== "");
  return told.join(": ") || "nobody has looked at it yet";
}
