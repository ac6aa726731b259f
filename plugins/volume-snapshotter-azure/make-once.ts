import { createHash } from "node:crypto";
import { type ArkError, formatGoDuration } from "../../src/plugin-sdk/volume-snapshotter.ts";
import type { ManagerAnswer } from "../shared-azure/resource-manager.ts";
import type { AzureDisks } from "./disks.ts";
import {
  type Attempt,
  judge,
  nameTaken,
  operationFailed,
  tookTooLong,
  toProviderError,
  unknownOutcome,
  withoutMaking,
} from "./errors.ts";
import { awaitOperation, hasMonitor } from "./operation.ts";
import { failureOfResource, type Resource, readResource } from "./resource.ts";
import { formatResourceId, isSameId, pathOf, type ResourceId } from "./resource-id.ts";
import { keyTag } from "./tags.ts";

export interface Wanted {
  readonly id: ResourceId;
  /** Digest of the idempotency key, which is a tag of it as well. */
  readonly key: string;
  /** What it is a copy of. */
  readonly sourceId: string;
  readonly body: object;
  readonly attempt: Attempt;
}

/** So often it is asked for, where no answer came and nothing is there. */
const maxPuts = 4;
const firstPauseMs = 1_000;

/**
 * A resource under a name that only this call's key leads to. Azure answers a second PUT under a
 * name with what is there already, without a word: the name is looked up before each. Resolves when
 * it is made, or when the location's apiTimeout is over and Azure still works on it.
 * Errors: ARK_PROVIDER_*, ARK_VOLUME_OUTCOME_UNKNOWN.
 */
export async function makeOnce(
  azure: AzureDisks,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Resource> {
  const { id, attempt, body } = wanted;
  let found = await azure.find(id, attempt, signal);
  for (let tries = 1; ; tries += 1) {
    if (found !== undefined) {
      if (!isOwn(found, wanted)) throw nameTaken(formatResourceId(id), attempt);
      if (!isEnded(found)) return await finish(azure, wanted, { found }, signal);
      await remove(azure, id, attempt, signal);
    }
    let answer: ManagerAnswer;
    try {
      answer = await azure.send({ method: "PUT", path: pathOf(id), body }, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const { isUnknown, isConflict, retryAfterMs } = judge(thrown);
      if (!isUnknown && !isConflict) throw toProviderError(thrown, attempt);
      found = await findAfter(thrown, azure, wanted, signal);
      if (found !== undefined && !isEnded(found)) continue;
      if (isConflict || tries === maxPuts) throw toProviderError(thrown, attempt);
      await azure.clock.sleep(retryAfterMs ?? firstPauseMs * 2 ** (tries - 1), signal);
      continue;
    }
    return await finish(azure, wanted, { answer }, signal);
  }
}

/** What an earlier call has made under the key; undefined: nothing that is of use. */
export async function findMade(
  azure: AzureDisks,
  { id, key, attempt }: Pick<Wanted, "id" | "key" | "attempt">,
  signal: AbortSignal,
): Promise<Resource | undefined> {
  const found = await azure.find(id, attempt, signal);
  return found !== undefined && isOfKey(found, key) && !isEnded(found) ? found : undefined;
}

/** Idempotent. Errors: ARK_PROVIDER_*. */
export async function remove(
  azure: AzureDisks,
  id: ResourceId,
  removing: Attempt,
  signal: AbortSignal,
): Promise<void> {
  const attempt = withoutMaking(removing);
  try {
    const call = { method: "DELETE", path: pathOf(id), mayRepeat: true } as const;
    const answer = await azure.send(call, signal);
    if (answer.status !== 202 && !hasMonitor(answer)) return;
    const outcome = await awaitOperation(azure, { id, attempt, answer, aim: "gone" }, signal);
    if (outcome.is === "done") return;
    if (outcome.is === "failed") throw operationFailed(outcome.words, attempt);
    throw tookTooLong(formatGoDuration(azure.apiTimeoutMs), attempt);
  } catch (thrown) {
    signal.throwIfAborted();
    if (!judge(thrown).isGone) throw toProviderError(thrown, attempt);
  }
}

/** 64 hex digits. */
export const digestOf = (key: string): string => createHash("sha256").update(key).digest("hex");

/** As Velero's plugin ends its names: with a UUID. */
export const nameOf = (prefix: string, digest: string): string =>
  `${prefix}-${digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")}`;

const isOfKey = ({ tags }: Resource, key: string): boolean =>
  Object.entries(tags).some(([name, value]) => name.toLowerCase() === keyTag && value === key);

const isOwn = (found: Resource, { key, sourceId }: Wanted): boolean =>
  isOfKey(found, key) && isSameId(found.sourceId, sourceId);

/** Nothing comes of it any more. */
const isEnded = (found: Resource): boolean =>
  failureOfResource(found) !== undefined || found.state === "Deleting";

async function findAfter(
  lost: unknown,
  azure: AzureDisks,
  { id, attempt }: Wanted,
  signal: AbortSignal,
): Promise<Resource | undefined> {
  try {
    return await azure.find(id, attempt, signal);
  } catch {
    signal.throwIfAborted();
    throw toProviderError(lost, attempt);
  }
}

type Ending = { readonly made: Resource } | { readonly nothing: ArkError };

/** Azure has taken it: from here on, a failure to look does not say that nothing was made. */
async function finish(
  azure: AzureDisks,
  wanted: Wanted,
  begun: { readonly answer?: ManagerAnswer; readonly found?: Resource },
  signal: AbortSignal,
): Promise<Resource> {
  let ending: Ending;
  try {
    ending = await endingOf(azure, wanted, begun, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    throw unknownOutcome(thrown, wanted.attempt);
  }
  if ("made" in ending) return ending.made;
  throw ending.nothing;
}

async function endingOf(
  azure: AzureDisks,
  wanted: Wanted,
  { answer, found }: { readonly answer?: ManagerAnswer; readonly found?: Resource },
  signal: AbortSignal,
): Promise<Ending> {
  const { id, attempt } = wanted;
  if (found?.state === "Succeeded") return { made: found };
  if (answer === undefined || !isSettled(answer)) {
    const operation = { id, attempt, answer, aim: "there" } as const;
    const outcome = await awaitOperation(azure, operation, signal);
    if (outcome.is === "failed") return await giveUp(azure, wanted, outcome.words, signal);
  }
  const made = await azure.find(id, attempt, signal);
  if (made === undefined) return { nothing: operationFailed("it is gone again", attempt) };
  if (!isOwn(made, wanted)) return { nothing: nameTaken(formatResourceId(id), attempt) };
  const words = failureOfResource(made);
  if (words !== undefined) return await giveUp(azure, wanted, words, signal);
  if (made.state !== "Succeeded") tellLate(azure, made, attempt);
  return { made };
}

/** Made within the call itself. */
function isSettled(answer: ManagerAnswer): boolean {
  const { id, state } = readResource(answer.body);
  return !hasMonitor(answer) && id !== "" && state === "Succeeded";
}

/** Removes what Azure has not finished. */
async function giveUp(
  azure: AzureDisks,
  { id, attempt }: Wanted,
  words: string,
  signal: AbortSignal,
): Promise<Ending> {
  try {
    await remove(azure, id, attempt, signal);
    return { nothing: operationFailed(words, attempt) };
  } catch (thrown) {
    signal.throwIfAborted();
    const left = formatResourceId(id);
    azure.log?.write("warn", "what Azure could not make is left there", {
      id: left,
      error: toProviderError(thrown, attempt).message,
    });
    return { nothing: operationFailed(words, attempt, left) };
  }
}

function tellLate(azure: AzureDisks, { id, percent }: Resource, { subject }: Attempt): void {
  const after = formatGoDuration(azure.apiTimeoutMs);
  const progress = percent === undefined ? {} : { percent };
  const message = "Azure is still at work on it after the location's apiTimeout";
  azure.log?.write("warn", message, { of: subject, id, apiTimeout: after, ...progress });
}
