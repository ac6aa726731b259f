import {
  askingContent,
  askingContentName,
  deletionState,
  withoutHold,
} from "../../domain/volumes/csi/deleted-snapshot.ts";
import type { StoredSnapshot } from "../../domain/volumes/csi/restored-snapshot.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SnapshotApi } from "./snapshot-api.ts";

const firstPauseMs = 200;
const longestPauseMs = 5000;
const cleanupMs = 10_000;

/** What its driver says of a snapshot; `unanswered`: nothing in time. */
export interface StoredAnswer {
  readonly answer: "there" | "gone" | "unanswered";
  /** In the words of driver or snapshotter; empty: none. */
  readonly said: string;
}

/**
 * Asks a driver whether it has a snapshot of which no object is in the cluster, by a content that is
 * made for it and removed again. A driver that cannot list snapshots says that it has all. Errors:
 * those of the API server.
 */
export async function askStoredSnapshot(
  stored: StoredSnapshot,
  api: SnapshotApi,
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number },
  signal: AbortSignal,
): Promise<StoredAnswer> {
  const name = askingContentName(stored);
  const endsMs = clock.monotonicMs() + limitMs;
  let pauseMs = firstPauseMs;
  try {
    for (;;) {
      const { step, trouble } = deletionState(await api.content(name, signal));
      if (step === "known" || step === "grouped") return { answer: "there", said: "" };
      if (step === "missing") return { answer: "gone", said: trouble };
      if (step === "absent") await api.createContent(name, askingContent(stored), signal);
      if (clock.monotonicMs() >= endsMs) return { answer: "unanswered", said: trouble };
      await clock.sleep(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  } finally {
    await removeQuestion(name, api);
  }
}

/** Interrupted or not. */
async function removeQuestion(name: string, api: SnapshotApi): Promise<void> {
  const cleanup = AbortSignal.timeout(cleanupMs);
  const content = await api.content(name, cleanup);
  if (content === undefined) return;
  await api.patchContent(name, withoutHold(content), cleanup);
  await api.removeContent(name, cleanup);
}
