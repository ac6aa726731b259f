import type { ResourceKind } from "../api/resource-kind.ts";
import { backoffMs } from "../lib/backoff.ts";
import { type ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { isJsonObject, type JsonObject, parseJson, stringifyJson } from "../lib/json-text.ts";
import { mergePatch } from "../lib/merge-patch.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader, ClusterWriter } from "../ports/cluster.ts";
import { askedPauseMs } from "./asked-pause.ts";

export interface StatusPorts {
  readonly cluster: Pick<ClusterReader, "get"> & Pick<ClusterWriter, "patch">;
  readonly clock: Clock;
}

export interface StatusTarget {
  readonly kind: ResourceKind;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  /** Another object of the same name is not meant. */
  readonly uid: string;
}

/**
 * The status that is to stand, from the one that stands (empty where there is none); undefined
 * leaves it. Called again with what others have written meanwhile, so it may depend on nothing else.
 */
export type StatusChange = (status: JsonObject, object: JsonObject) => JsonObject | undefined;

export interface WriteStatusOptions {
  readonly signal: AbortSignal;
  /** As of {@link LeaderTerm}. */
  readonly fence?: () => void;
  readonly fieldManager?: string;
  /** A merge patch of other parts of the object, for the same request: written with the status or not at all. */
  readonly also?: { readonly metadata?: JsonObject; readonly spec?: JsonObject };
  /** Annotations that are written even where the status stands already; null takes one away. */
  readonly notes?: Readonly<Record<string, string | null>>;
}

/** Somebody else writes too: soon again. */
const conflictPause = { baseMs: 10, capMs: 250 };
/** The server does not want to, or is away. */
const failurePause = { baseMs: 500, capMs: 30_000 };

/**
 * The one way to write a status: read, change, write that one revision; again after a conflict or
 * a failure that passes, until it is written, or the object is gone. Nothing but the status
 * (and `also`) is sent, and of it only what differs. Throws what does not pass (ARK_API_INVALID,
 * ARK_API_FORBIDDEN, a kind that is not served), the fence's error, the signal's reason.
 */
export async function writeStatus(
  ports: StatusPorts,
  target: StatusTarget,
  change: StatusChange,
  options: WriteStatusOptions,
): Promise<"written" | "unchanged" | "gone"> {
  const { clock } = ports;
  const { signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await writeOnce(ports, target, change, options);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      if (!isPassing(error)) throw thrown;
      const isConflict = hasCode(error, "ARK_API_CONFLICT");
      const policy = isConflict ? conflictPause : failurePause;
      const waitMs = backoffMs(policy, attempt, clock.random());
      await clock.sleep(Math.max(waitMs, askedPauseMs(error, failurePause.capMs)), signal);
    }
  }
}

function isPassing({ code, disposition }: ArkError): boolean {
  return disposition === "retry" && code !== "ARK_LEADERSHIP_LOST";
}

/** Undefined: they stand so already. */
function newsIn(notes: WriteStatusOptions["notes"] = {}, object: JsonObject) {
  const metadata = isJsonObject(object["metadata"]) ? object["metadata"] : {};
  const standing = isJsonObject(metadata["annotations"]) ? metadata["annotations"] : {};
  const isNews = Object.entries(notes).some(([key, text]) => (standing[key] ?? null) !== text);
  return isNews ? { annotations: notes } : undefined;
}

async function writeOnce(
  { cluster }: StatusPorts,
  { kind, namespace, name, uid }: StatusTarget,
  change: StatusChange,
  { signal, fence, fieldManager, also, notes }: WriteStatusOptions,
): Promise<"written" | "unchanged" | "gone"> {
  const ref = { kind, namespace, name };
  const raw = await cluster.get(ref, { signal });
  if (raw === undefined || raw.uid !== uid) return "gone";
  const object = parseJson(raw.bytes.toString());
  if (!isJsonObject(object)) return "gone";
  const status = isJsonObject(object["status"]) ? object["status"] : {};
  const wanted = change(status, object);
  if (wanted === undefined) return "unchanged";
  const difference = mergePatch({ status }, { status: wanted });
  const news = newsIn(notes, object);
  if (difference === undefined && news === undefined) return "unchanged";
  // Of this revision only: any other is a conflict.
  const metadata = { ...also?.metadata, ...news, resourceVersion: raw.resourceVersion };
  const patch = { ...also, metadata, ...difference };
  try {
    await cluster.patch(ref, "merge", Buffer.from(stringifyJson(patch)), {
      signal,
      ...(kind.subresources.includes("status") ? { subresource: "status" } : {}),
      ...(fence === undefined ? {} : { fence }),
      ...(fieldManager === undefined ? {} : { fieldManager }),
    });
  } catch (error) {
    if (hasCode(error, "ARK_API_NOT_FOUND")) return "gone";
    throw error;
  }
  return "written";
}
