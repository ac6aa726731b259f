import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { ArkError } from "../../../lib/errors.ts";
import type { ExecEntry } from "./kubeconfig-entries.ts";

export interface PluginRun {
  readonly exec: ExecEntry;
  readonly user: string;
  /** The environment of ark-ts; the plugin's own additions come on top. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The value of KUBERNETES_EXEC_INFO. */
  readonly info: string;
  /** Set when the plugin may talk to the user: it gets the terminal's stdin, and this as stderr. */
  readonly terminal: Writable | undefined;
  readonly timeoutMs: number;
}

const maxStdoutBytes = 4 * 1024 * 1024;
const maxQuotedStderr = 2_000;

/**
 * Runs a credential plugin to its end and returns its stdout. Throws ARK_CREDENTIAL_PLUGIN with
 * the plugin's stderr and install hint; never with its stdout. An abort kills it.
 */
export async function runPlugin(run: PluginRun, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.timeout(run.timeoutMs);
  const child = spawn(run.exec.command, [...run.exec.args], {
    env: pluginEnvironment(run),
    stdio: [run.terminal === undefined ? "ignore" : "inherit", "pipe", "pipe"],
    signal: AbortSignal.any([signal, limit]),
    killSignal: "SIGKILL",
  });
  const output = collectOutput(child, run.terminal);
  let exit: { code: number | null; signalName: NodeJS.Signals | null };
  try {
    exit = await exitOf(child);
  } catch (error) {
    if (signal.aborted) {
      throw new ArkError("ARK_CANCELLED", `credential plugin "${run.exec.command}" was ended`);
    }
    if (limit.aborted) throw tooSlow(run, output.stderr());
    throw notStarted(run, error as NodeJS.ErrnoException);
  }
  if (exit.code !== 0) {
    const how =
      exit.code === null ? `was ended by ${exit.signalName}` : `ended with status ${exit.code}`;
    throw failure(run, `credential plugin "${run.exec.command}" ${how}`, output.stderr());
  }
  if (output.tooLong()) {
    throw failure(run, `credential plugin "${run.exec.command}" printed too much`, "");
  }
  return output.stdout();
}

function pluginEnvironment(run: PluginRun): Record<string, string | undefined> {
  const added = Object.fromEntries(run.exec.env.map(({ name, value }) => [name, value]));
  return { ...run.env, ...added, KUBERNETES_EXEC_INFO: run.info };
}

interface Output {
  stdout(): string;
  stderr(): string;
  tooLong(): boolean;
}

function collectOutput(child: ChildProcess, terminal: Writable | undefined): Output {
  const chunks: Buffer[] = [];
  let stdoutBytes = 0;
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdoutBytes += chunk.length;
    if (stdoutBytes <= maxStdoutBytes) chunks.push(chunk);
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    terminal?.write(text);
    stderr = (stderr + text).slice(-maxQuotedStderr);
  });
  return {
    stdout: () => Buffer.concat(chunks).toString("utf8"),
    stderr: () => stderr.trim(),
    tooLong: () => stdoutBytes > maxStdoutBytes,
  };
}

function exitOf(
  child: ChildProcess,
): Promise<{ code: number | null; signalName: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signalName) => resolve({ code, signalName }));
  });
}

function tooSlow(run: PluginRun, stderr: string): ArkError {
  const seconds = Math.round(run.timeoutMs / 1000);
  const message = `credential plugin "${run.exec.command}" did not answer within ${seconds} s`;
  return failure(run, message, stderr);
}

function notStarted(run: PluginRun, error: NodeJS.ErrnoException): ArkError {
  const { command } = run.exec;
  const isPath = command.includes("/");
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: isPath ? "there is no such file, or its interpreter is missing" : "it is not on PATH",
    EACCES: "it may not be executed",
  };
  const message = `credential plugin "${command}" cannot be started`;
  return failure(run, message, reasons[error.code ?? ""] ?? error.message, error);
}

function failure(run: PluginRun, message: string, answer: string, cause?: Error): ArkError {
  const advice =
    run.exec.installHint?.trim() || "run the plugin by hand to see what is wrong with it";
  return new ArkError("ARK_CREDENTIAL_PLUGIN", message, {
    tried: `run "${run.exec.command}" for user "${run.user}" of the kubeconfig`,
    ...(answer !== "" && { answer }),
    advice,
    ...(cause !== undefined && { cause }),
  });
}
