import type { Finding } from "../api/results.ts";
import type { Log } from "../ports/log.ts";

/** Collects what a run has to say; each finding is logged once, here. */
export interface FindingCollector {
  add(finding: Finding): void;
  readonly all: readonly Finding[];
  count(severity: Finding["severity"]): number;
}

export function createFindings(log: Log): FindingCollector {
  const all: Finding[] = [];
  return {
    all,
    add(finding) {
      all.push(finding);
      const { severity, message, ...fields } = finding;
      log.write(severity === "warning" ? "warn" : "error", message, fields);
    },
    count: (severity) => all.filter((finding) => finding.severity === severity).length,
  };
}
