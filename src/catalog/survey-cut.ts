import { revisionsAfter } from "../domain/cut-membership.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { Manifest, ManifestKind } from "../format/manifest.ts";
import { createNameBudget, type NameBounds, type NamedObjects } from "./bounded-names.ts";
import { type ArkArchive, readIndex } from "./read-index.ts";

/** A kind that is not of the first cut's revision. */
export interface KindOutsideCut {
  readonly kind: ManifestKind;
  /** Revisions from the first cut to its (last) list; absent where they are counted elsewhere. */
  readonly skew?: string;
  /**
   * Its objects that were made or changed after the first cut. What was deleted in between is in
   * no list. Absent with `skew`.
   */
  readonly moved?: NamedObjects;
}

/** How far a backup is one state of the cluster. */
export interface CutSurvey {
  /** True: all kinds are of one revision. */
  readonly oneCut: boolean;
  readonly outside: readonly KindOutsideCut[];
}

/**
 * Reads the index only where a kind is outside the first cut. Errors: ARK_BACKUP_DAMAGED; those
 * of the store.
 */
export async function surveyCut(
  archive: ArkArchive,
  bounds: NameBounds,
  signal: AbortSignal,
): Promise<CutSurvey> {
  const { manifest } = archive;
  const outside = kindsOutside(manifest);
  const first = manifest.cuts[0]?.resourceVersion ?? "";
  const budget = createNameBudget(bounds);
  const skewed = new Map(
    outside.flatMap((kind) => {
      const skew = revisionsAfter(first, kind.resourceVersion, kind.reason);
      const found = { skew: String(skew), reason: kind.reason, moved: budget.list() };
      return skew === undefined ? [] : [[kind.resource, found] as const];
    }),
  );
  const isLater = (line: IndexLine, reason: string | undefined): boolean =>
    (revisionsAfter(first, line.resourceVersion, reason) ?? 0n) > 0n;
  if (skewed.size > 0) {
    for await (const line of readIndex(archive, signal)) {
      const found = skewed.get(line.resource);
      if (found !== undefined && isLater(line, found.reason)) found.moved.add(line);
    }
  }
  return {
    oneCut: outside.length === 0 && manifest.kinds.length > 0,
    outside: outside.map((kind) => {
      const { skew, moved } = skewed.get(kind.resource) ?? {};
      return { kind, ...(skew !== undefined && { skew }), ...(moved !== undefined && { moved }) };
    }),
  };
}

function kindsOutside({ kinds }: Manifest): readonly ManifestKind[] {
  return kinds.filter(({ cut, oneRevision }) => cut !== 0 || !oneRevision);
}
