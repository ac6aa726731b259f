import type { VerifyCounts, VerifyLevel } from "../../../catalog/verify-report.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation } from "../../reading.ts";
import { createProgressLine, realInterval } from "../../render/progress-line.ts";
import { printResource } from "../../render/resource-output.ts";
import { renderVerifyReport, verifyProgress } from "../../render/verify-report.ts";
import { withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

/** Reads a backup back and compares; fails when anything is damaged. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const name = args[0] ?? "";
    const level = (flags.text("level") ?? "objects") as VerifyLevel;
    const sample = flags.integer("sample");
    if (sample === 0) throw usageError("--sample=0: at least one object must be read");
    if (sample !== undefined && level === "index") {
      throw usageError("--sample has no effect with --level=index, which reads no archive");
    }
    const { store } = await openChosenLocation(session, "read-store");
    const { verifyBackup } = await import("../../../catalog/verify-backup.ts");
    const { clock, signal } = session;
    const startedMs = clock.monotonicMs();
    const line = createProgressLine(environment.stderr, () => clock.monotonicMs(), realInterval);
    const onProgress = (counts: VerifyCounts) =>
      line.show(verifyProgress(counts, clock.monotonicMs() - startedMs));
    try {
      const options = { level, signal, onProgress, ...(sample !== undefined && { sample }) };
      const report = await verifyBackup(store, name, options);
      line.stop();
      const durationMs = clock.monotonicMs() - startedMs;
      await printResource(environment.stdout, flags.text("output"), {
        value: report,
        table: () => renderVerifyReport(report, durationMs, session.out),
        names: report.damages.map(({ file, object }) => object ?? file),
      });
      return report.ok ? exitStatus.done : exitStatus.failed;
    } finally {
      line.stop();
    }
  });
}
