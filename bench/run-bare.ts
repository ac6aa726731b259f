import { join } from "node:path";
import { runCommand } from "../test/support/run-command.ts";
import type { BareResult, BareTask } from "./bare-client.ts";

const script = join(import.meta.dirname, "bare-client.ts");

/** Runs a reference in its own process; its time is measured inside. */
export async function runBare(task: BareTask): Promise<BareResult> {
  const args = ["--disable-warning=ExperimentalWarning", script, JSON.stringify(task)];
  const { status, stdout, stderr } = await runCommand(process.execPath, args);
  if (status !== 0) throw new Error(`the bare client ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as BareResult;
}
