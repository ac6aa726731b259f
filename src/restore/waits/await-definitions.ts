import { endsTheRun } from "../../domain/restore/retry.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ObjectRef } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";
import type { RestoreRun } from "../restore-run.ts";
import type { RunningWait } from "./waits.ts";

const resource = "customresourcedefinitions.apiextensions.k8s.io";
const pollMs = 200;

/**
 * Waits for the definitions that this run has made, then learns anew what is served. One that is
 * refused or does not come in time is told; its objects then fail by themselves.
 */
export async function awaitDefinitions(run: RestoreRun, signal: AbortSignal): Promise<void> {
  const names = [...run.definitions];
  if (names.length === 0) return;
  run.definitions.clear();
  const limitMs = run.limits.definitionReadyMs;
  const ready = new Set<string>();
  await mapConcurrently(names, run.limits.readers, async (name) => {
    const waiting = run.waits.begin("definition-established", limitMs, signal);
    try {
      await awaitEstablished(run, name, waiting, signal);
      ready.add(name);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      if (endsTheRun(error.code)) throw error;
      const { code, message } = error;
      run.log.find({ severity: "error", code, message, resource, name });
    } finally {
      waiting.end();
    }
  });
  const waiting = run.waits.begin("definition-established", limitMs, signal);
  try {
    await awaitServed(run, ready, waiting, signal);
  } finally {
    waiting.end();
  }
}

async function awaitEstablished(
  run: RestoreRun,
  name: string,
  waiting: RunningWait,
  signal: AbortSignal,
): Promise<void> {
  const kind = run.target.find(resource, "apiextensions.k8s.io/v1");
  if (kind === undefined) return;
  const ref: ObjectRef = { kind, namespace: "", name };
  for (;;) {
    const raw = await run.ports.cluster.get(ref, { signal });
    if (raw === undefined) throw notReady(name, "it is gone again");
    const definition = readObject(raw.bytes, `definition "${name}" of the cluster`);
    const named = condition(definition, "NamesAccepted");
    if (condition(definition, "Established").status === "True" && named.status === "True") return;
    if (named.status === "False") throw notReady(name, named.message);
    if (waiting.isLate) {
      throw notReady(name, `it was not after ${Math.round(waiting.waitedMs / 1000)} s`);
    }
    waiting.show(`definition ${name}`);
    await waiting.pause(pollMs);
  }
}

/** Discovery follows a definition with some delay, and the first requests after it may meet a 404. */
async function awaitServed(
  run: RestoreRun,
  names: ReadonlySet<string>,
  waiting: RunningWait,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await run.target.refresh(signal);
    const served = [...names].every((name) => run.target.versions(name).length > 0);
    if (served && (await allAnswer(run, [...names], signal))) return;
    if (waiting.isLate) return;
    const many = names.size === 1 ? "1 definition" : `${names.size} definitions`;
    waiting.show(many);
    await waiting.pause(pollMs);
  }
}

async function allAnswer(
  run: RestoreRun,
  names: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const kinds = names.flatMap((name) =>
    run.target.versions(name).flatMap((version) => run.target.find(name, version) ?? []),
  );
  const answers = await mapConcurrently(kinds, run.limits.readers, async (kind) => {
    try {
      const page = await run.ports.cluster.list({ kind, limit: 1 }, { signal });
      for await (const _ of page.items);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      return !hasCode(error, "ARK_API_NOT_FOUND");
    }
  });
  return answers.every((answered) => answered);
}

function condition(definition: JsonObject, type: string): { status: string; message: string } {
  const found = arrayAt(definition, ["status", "conditions"]).find(
    (one) => textAt(one, ["type"]) === type,
  );
  return { status: textAt(found, ["status"]), message: textAt(found, ["message"]) };
}

function notReady(name: string, why: string): ArkError {
  return new ArkError(
    "ARK_DEFINITION_NOT_READY",
    `definition "${name}" is not established: ${why}`,
  );
}
