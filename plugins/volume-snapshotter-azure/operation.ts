import { AzureFailure, asRecord, retryAfterMsOf } from "../shared-azure/failure.ts";
import type { ManagerAnswer } from "../shared-azure/resource-manager.ts";
import type { AzureDisks } from "./disks.ts";
import type { Attempt } from "./errors.ts";
import { failureOfResource } from "./resource.ts";
import type { ResourceId } from "./resource-id.ts";

/** What Azure has taken, and works on. */
export interface Operation {
  readonly id: ResourceId;
  readonly attempt: Attempt;
  /** Absent: it was begun by an earlier call, of which nothing but the resource is known. */
  readonly answer?: ManagerAnswer | undefined;
  readonly aim: "there" | "gone";
}

export type Outcome =
  | { readonly is: "done" }
  /** In Azure's words. */
  | { readonly is: "failed"; readonly words: string }
  /** The time of the location is over. */
  | { readonly is: "late" };

type Look = Outcome | { readonly is: "under way"; readonly retryAfterMs?: number | undefined };

/** Where Azure names no pause. */
const pollPauseMs = 5_000;
const shortestPauseMs = 100;

/**
 * Looks at it until it has ended, as often as Azure says, until the location's apiTimeout is over
 * (learn.microsoft.com/azure/azure-resource-manager/management/async-operations).
 * Errors: AzureFailure, ARK_PROVIDER_*, the signal's reason.
 */
export async function awaitOperation(
  azure: AzureDisks,
  operation: Operation,
  signal: AbortSignal,
): Promise<Outcome> {
  const { clock, apiTimeoutMs } = azure;
  const { answer } = operation;
  const untilMs = clock.monotonicMs() + apiTimeoutMs;
  let monitor = answer && monitorOf(answer);
  let pauseMs = (answer && retryAfterMsOf(answer.headers)) ?? pollPauseMs;
  for (;;) {
    const leftMs = untilMs - clock.monotonicMs();
    if (leftMs <= 0) return { is: "late" };
    await clock.sleep(Math.min(Math.max(pauseMs, shortestPauseMs), leftMs), signal);
    let look: Look;
    try {
      look = monitor
        ? await lookAtMonitor(azure, monitor, signal)
        : await lookAtResource(azure, operation, signal);
    } catch (thrown) {
      // Reading operations is a right of its own, and Azure forgets them: the resource tells too.
      if (monitor === undefined || !isOutOfReach(thrown)) throw thrown;
      monitor = undefined;
      look = await lookAtResource(azure, operation, signal);
    }
    if (look.is !== "under way") return look;
    pauseMs = look.retryAfterMs ?? pollPauseMs;
  }
}

interface Monitor {
  readonly path: string;
  /** `operation` has a body that says how far it is; `location` says it by its status alone. */
  readonly kind: "operation" | "location";
}

export const hasMonitor = (answer: ManagerAnswer): boolean => monitorOf(answer) !== undefined;

function monitorOf({ headers }: ManagerAnswer): Monitor | undefined {
  const operation = headers["azure-asyncoperation"];
  if (typeof operation === "string") return { path: operation, kind: "operation" };
  return headers.location === undefined ? undefined : { path: headers.location, kind: "location" };
}

async function lookAtMonitor(
  azure: AzureDisks,
  { path, kind }: Monitor,
  signal: AbortSignal,
): Promise<Look> {
  if (kind === "location") return await lookAtLocation(azure, path, signal);
  const { headers, body } = await azure.send({ method: "GET", path }, signal);
  const { status, error } = asRecord(body);
  if (status === "Succeeded") return { is: "done" };
  if (status !== "Failed" && status !== "Canceled") {
    return { is: "under way", retryAfterMs: retryAfterMsOf(headers) };
  }
  const { code, message } = asRecord(error);
  const words = [code, message].filter((word) => typeof word === "string" && word !== "");
  return { is: "failed", words: words.length === 0 ? `its status is ${status}` : words.join(": ") };
}

/** It answers as the call itself would have. */
async function lookAtLocation(azure: AzureDisks, path: string, signal: AbortSignal): Promise<Look> {
  try {
    const { status, headers } = await azure.send({ method: "GET", path }, signal);
    if (status !== 202) return { is: "done" };
    return { is: "under way", retryAfterMs: retryAfterMsOf(headers) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof AzureFailure) || ![400, 409, 412].includes(thrown.status ?? 0)) {
      throw thrown;
    }
    return { is: "failed", words: `${thrown.code}: ${thrown.message}` };
  }
}

async function lookAtResource(
  azure: AzureDisks,
  { id, attempt, aim }: Operation,
  signal: AbortSignal,
): Promise<Look> {
  const found = await azure.find(id, attempt, signal);
  if (aim === "gone") return found === undefined ? { is: "done" } : { is: "under way" };
  if (found === undefined) return { is: "failed", words: "it is gone again" };
  const words = failureOfResource(found);
  if (words !== undefined) return { is: "failed", words };
  return found.state === "Succeeded" ? { is: "done" } : { is: "under way" };
}

const isOutOfReach = (thrown: unknown): boolean =>
  thrown instanceof AzureFailure && (thrown.status === 403 || thrown.status === 404);
