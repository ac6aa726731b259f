import { revisionsAfter } from "../domain/cut-membership.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { Manifest, ManifestKind } from "../format/manifest.ts";
import { createNameBudget, type NameBounds, type NamedObjects } from "./bounded-names.ts";
import { type IndexedArchive, readIndexes } from "./read-index.ts";

/** A kind that is not of the first cut's revision. */
export interface KindOutsideCut {
  readonly kind: ManifestKind;
  /** True for a version besides the preferred one. */
  readonly isOtherVersion: boolean;
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
  archive: IndexedArchive,
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
      return skew === undefined ? [] : [[keyOf(kind, kind.isOtherVersion), found] as const];
    }),
  );
  const isLater = (line: IndexLine, reason: string | undefined): boolean =>
    (revisionsAfter(first, line.resourceVersion, reason) ?? 0n) > 0n;
  if (skewed.size > 0) {
    for await (const line of readIndexes(archive, signal)) {
      const found = skewed.get(keyOf(line, line.folder !== undefined));
      if (found !== undefined && isLater(line, found.reason)) found.moved.add(line);
    }
  }
  return {
    oneCut: outside.length === 0 && manifest.kinds.length > 0,
    outside: outside.map(({ isOtherVersion, ...kind }) => {
      const { skew, moved } = skewed.get(keyOf(kind, isOtherVersion)) ?? {};
      return {
        kind,
        isOtherVersion,
        ...(skew !== undefined && { skew }),
        ...(moved !== undefined && { moved }),
      };
    }),
  };
}

type OutsideKind = ManifestKind & { readonly isOtherVersion: boolean };

function kindsOutside({ kinds, versions = [] }: Manifest): readonly OutsideKind[] {
  return [
    ...kinds.map((kind) => ({ ...kind, isOtherVersion: false })),
    ...versions.map((kind) => ({ ...kind, isOtherVersion: true })),
  ].filter(({ cut, oneRevision }) => cut !== 0 || !oneRevision);
}

/** Objects at plain paths are told apart by resource alone. */
function keyOf(
  { resource, version }: { readonly resource: string; readonly version: string },
  isOtherVersion: boolean,
): string {
  return isOtherVersion ? `${resource} ${version}` : resource;
}
