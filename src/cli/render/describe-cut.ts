import type { CutSurvey, KindOutsideCut } from "../../catalog/survey-cut.ts";
import type { Manifest } from "../../format/manifest.ts";
import { count, counted } from "./amounts.ts";
import { cutHead } from "./backup-report.ts";
import type { DescriptionLine } from "./description.ts";
import { localTime, type TimeStyle } from "./local-time.ts";

/** Kinds shown without `--details`. */
const shownKinds = 5;

/** Whether the backup is one cut; else each kind outside it, how far it is off, and what moved. */
export function cutLines(
  manifest: Manifest,
  survey: CutSurvey,
  style: TimeStyle & { readonly details: boolean },
): readonly DescriptionLine[] {
  const { outside } = survey;
  const head = cutHead(manifest);
  const taken = manifest.cuts.map(({ takenAt }) => localTime(takenAt, style)).join(", ");
  const value = taken === "" ? head : `${head}, taken ${taken}`;
  if (outside.length === 0) return [{ key: "Cut", value }];
  const shown = style.details ? outside : outside.slice(0, shownKinds);
  const left = outside.length - shown.length;
  return [
    {
      key: "Cut",
      value: `${value}\nnot one cut: ${counted(outside.length, "kind")} outside the first`,
    },
    ...shown.map((one) => ({ key: nameOf(one), value: outsideText(one), indent: 2 })),
    ...(left > 0 ? [{ text: `and ${counted(left, "kind")} more (--details)`, indent: 2 }] : []),
  ];
}

function nameOf({ kind, isOtherVersion }: KindOutsideCut): string {
  return isOtherVersion ? `${kind.resource} in ${kind.version}` : kind.resource;
}

function outsideText({ kind, skew, moved }: KindOutsideCut): string {
  const { resourceVersion, reason, cut } = kind;
  const why = reason ?? (cut === undefined ? "listed by itself" : `of cut ${cut + 1}`);
  if (skew === undefined || moved === undefined) {
    return `${why}; at resourceVersion ${resourceVersion}, which cannot be compared`;
  }
  const off = `at resourceVersion ${resourceVersion}, ${count(Number(skew))} after the first cut`;
  return `${why}; ${off}\n${movedText(moved, kind.count)}`;
}

function movedText(moved: NonNullable<KindOutsideCut["moved"]>, total: number): string {
  const blind = "what was deleted in between is not known";
  if (moved.count === 0) return `none of its ${counted(total, "object")} changed since; ${blind}`;
  const left = moved.count - moved.names.length;
  const names = [...moved.names, ...(left > 0 ? [`${count(left)} more`] : [])].join(", ");
  return `${count(moved.count)} of ${counted(total, "object")} made or changed since: ${names}; ${blind}`;
}

/** The same for json and yaml. */
export function cutJson({ oneCut, outside }: CutSurvey): unknown {
  return {
    oneCut,
    outside: outside.map(({ kind, isOtherVersion, skew, moved }) => ({
      resource: kind.resource,
      ...(isOtherVersion && { version: kind.version }),
      resourceVersion: kind.resourceVersion,
      oneRevision: kind.oneRevision,
      ...(kind.cut !== undefined && { cut: kind.cut }),
      ...(kind.reason !== undefined && { reason: kind.reason }),
      ...(skew !== undefined && { revisionsAfterCut: skew }),
      ...(moved !== undefined && { moved: { count: moved.count, names: moved.names } }),
    })),
  };
}
