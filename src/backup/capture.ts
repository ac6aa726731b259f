import { groupResource } from "../api/resource-kind.ts";
import { backupKeys } from "../format/keys.ts";
import type { ManifestCut } from "../format/manifest.ts";
import { createResourceListBuilder } from "../format/resource-list.ts";
import { createArchiveWriter, type WrittenArchive } from "./archive-writer.ts";
import type { BackupPorts, BackupProgress } from "./backup-run.ts";
import { type Collected, collectObjects } from "./collect-objects.ts";
import { createObjectWriter } from "./object-writer.ts";
import { planCut } from "./plan-cut.ts";
import type { PlannedRun } from "./plan-run.ts";

/** zlib's default: half the bytes of level 1 on Kubernetes objects, and hidden behind the LIST. */
const gzipLevel = 6;

/** Objects come in thousands of small batches; nobody reads faster than this. */
const progressEveryMs = 50;

export interface Captured {
  readonly collected: Collected;
  readonly written: WrittenArchive;
  readonly resourceList: Buffer;
  readonly cuts: readonly ManifestCut[];
}

/**
 * Lists everything in scope into the archive and its index. Neither is visible in the store
 * before all of it was sent; after a failure or cancel what was sent is freed.
 */
export async function capture(
  run: PlannedRun,
  options: { readonly runUid: string; readonly formatVersion: string; readonly startedAt: Date },
  ports: BackupPorts,
  signal: AbortSignal,
): Promise<Captured> {
  const keys = backupKeys(run.plan.name);
  const metadata = { "ark-run": options.runUid };
  const archiveObject = createObjectWriter(ports.store, keys.archive, metadata);
  const indexObject = createObjectWriter(ports.store, keys.index, metadata);
  const mtimeSeconds = Math.floor(options.startedAt.getTime() / 1000);
  const archive = createArchiveWriter({
    archive: archiveObject,
    index: indexObject,
    gzipLevel,
    formatVersion: options.formatVersion,
    mtimeSeconds,
  });
  const names = createResourceListBuilder();
  try {
    const cutPlan = await planCut(run.plan, ports, signal);
    const progress = trackProgress(run, cutPlan.expected, archive, ports);
    const collected = await collectObjects(
      { ...run, ...ports, cutPlan, archive, names, mtimeSeconds, ...progress },
      signal,
    );
    progress.wait("the store");
    const written = await archive.finish(signal);
    return {
      collected,
      written,
      resourceList: await names.finish(),
      cuts: cutPlan.sequence?.cuts ?? [],
    };
  } catch (error) {
    const cleanup = new AbortController().signal;
    await Promise.allSettled([archiveObject.abort(cleanup), indexObject.abort(cleanup)]);
    throw error;
  }
}

function trackProgress(
  run: PlannedRun,
  expected: ReadonlyMap<string, number>,
  archive: { readonly compressedBytes: number },
  ports: BackupPorts,
) {
  const inScope = run.plan.kinds.map(groupResource);
  const total = inScope.every((kind) => expected.has(kind))
    ? inScope.reduce((sum, kind) => sum + (expected.get(kind) ?? 0), 0)
    : undefined;
  const state = { kindsDone: 0, objects: 0 };
  const tell = (waitingFor?: string): void => {
    const progress: BackupProgress = {
      ...state,
      kindsTotal: inScope.length,
      bytes: archive.compressedBytes,
      ...(total === undefined ? {} : { objectsExpected: total }),
      ...(waitingFor === undefined ? {} : { waitingFor }),
    };
    ports.onProgress?.(progress);
  };
  let toldMs = Number.NEGATIVE_INFINITY;
  return {
    onObjects: (count: number): void => {
      state.objects += count;
      const now = ports.clock.monotonicMs();
      if (now - toldMs < progressEveryMs) return;
      toldMs = now;
      tell();
    },
    onKind: (_kind: unknown, event: "begun" | "done"): void => {
      if (event === "done") state.kindsDone++;
      tell();
    },
    wait: tell,
  };
}
