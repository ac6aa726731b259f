import type { ResourceKind } from "../api/resource-kind.ts";
import type { ManifestCut } from "../format/manifest.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader } from "../ports/cluster.ts";

/** The revisions that this run's kinds are listed at. Usually one; a second after compaction. */
export interface CutSequence {
  readonly cuts: readonly ManifestCut[];
  /** Index of the cut that a kind begun now belongs to. */
  current(): number;
  /** A later cut than `index`: the one that others took meanwhile, or a new one. */
  after(index: number, signal: AbortSignal): Promise<number>;
}

/** `taken`: the cuts of an earlier process that this run continues; else the revision to begin with. */
export function createCutSequence(
  taken: string | readonly ManifestCut[],
  mainKind: { readonly kind: ResourceKind; readonly namespace?: string },
  ports: { readonly cluster: ClusterReader; readonly clock: Clock },
): CutSequence {
  const cuts: ManifestCut[] = typeof taken === "string" ? [cutAt(taken, ports.clock)] : [...taken];
  let taking: Promise<void> | undefined;

  const take = async (signal: AbortSignal): Promise<void> => {
    const page = await ports.cluster.list({ ...mainKind, limit: 1 }, { signal });
    for await (const _ of page.items);
    cuts.push(cutAt(page.end().resourceVersion, ports.clock));
  };

  return {
    cuts,
    current: () => cuts.length - 1,
    async after(index, signal) {
      if (index >= cuts.length - 1) {
        taking ??= take(signal).finally(() => {
          taking = undefined;
        });
        await taking;
      }
      return cuts.length - 1;
    },
  };
}

function cutAt(resourceVersion: string, clock: Clock): ManifestCut {
  return { resourceVersion, takenAt: clock.now().toISOString() };
}
