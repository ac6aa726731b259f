import type { ErrorCode } from "../../src/lib/errors.ts";
import { ExecError, type ExecResult, type PodExec } from "../../src/ports/pod-exec.ts";
import type { Containers } from "./containers.ts";
import type { FaultKind } from "./faults.ts";
import { never, type SimProcess } from "./process.ts";

export const execFaults: readonly FaultKind[] = [
  "fail",
  "lost",
  "refuse",
  "hang",
  "stall",
  "cut",
  "kill before",
  "kill after",
];

const silent = { head: "", tail: "", omittedBytes: 0, omittedLines: 0 };
const ended = (exitCode: number): ExecResult => ({ exitCode, stdout: silent, stderr: silent });

/**
 * Commands in pods, as one process meets them: `fail` ends with status 1, `refuse` never begins,
 * `cut` breaks off before the command's work is done, `lost` after it, `hang` outlives its time.
 */
export function faultyExec(process: SimProcess, containers: Containers): PodExec["exec"] {
  return async (request, { signal }) => {
    const { time, plan } = process;
    const latencyMs = await arrive(process, signal);
    const fault = plan.decide({
      side: "exec",
      failpoint: `exec: ${request.command[0]}`,
      possible: execFaults,
    });
    if (fault === "kill before") return await die(process);
    containers.asked(request, process);
    if (fault === "refuse") {
      containers.refused(request, process);
      throw execError("ARK_EXEC_REFUSED", "the container has no such program", false);
    }
    if (fault === "stall") process.stall(240_000 + plan.random.int(120_000));
    if (fault === "hang") {
      await time.sleep(request.timeoutMs, signal);
      await process.alive();
      throw execError("ARK_EXEC_TIMEOUT", "the command did not end in time", true);
    }
    if (latencyMs > 0) await time.sleep(Math.min(latencyMs, request.timeoutMs), signal);
    const isDone = fault !== "fail" && fault !== "cut";
    if (isDone) containers.ran(request);
    time.moved();
    if (fault === "kill after") return await die(process);
    await process.alive();
    if (fault === "lost" || fault === "cut")
      throw execError("ARK_EXEC_LOST", "the connection closed without a word", true);
    return ended(fault === "fail" ? 1 : 0);
  };
}

async function arrive(process: SimProcess, signal: AbortSignal): Promise<number> {
  process.time.moved();
  await process.alive();
  signal.throwIfAborted();
  return process.plan.latencyMs();
}

function die(process: SimProcess): Promise<never> {
  process.kill();
  return never();
}

function execError(code: ErrorCode, message: string, mayHaveRun: boolean): ExecError {
  return new ExecError(code, message, { mayHaveRun });
}
