import type { TargetFinding } from "../../domain/restore/target-findings/finding.ts";

/** Findings of one code that are listed; the rest is counted. */
const mostPerCode = 200;

export interface FindingCollector {
  add(finding: TargetFinding): void;
  /** `blocks` first. */
  listed(): readonly TargetFinding[];
  counts(): Readonly<Record<string, number>>;
}

export function collectFindings(): FindingCollector {
  const byCode = new Map<string, TargetFinding[]>();
  const counts = new Map<string, number>();
  return {
    add(finding) {
      const { code } = finding;
      counts.set(code, (counts.get(code) ?? 0) + 1);
      const listed = byCode.get(code) ?? [];
      byCode.set(code, listed);
      if (listed.length < mostPerCode) listed.push(finding);
    },
    listed() {
      const all = [...byCode.values()].flat();
      return (["blocks", "warning", "info"] as const).flatMap((severity) =>
        all.filter((finding) => finding.severity === severity),
      );
    },
    counts: () => Object.fromEntries(counts),
  };
}
