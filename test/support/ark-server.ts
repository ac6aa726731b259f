import { spawn } from "node:child_process";
import { join } from "node:path";
import { waitFor } from "../testbed/wait.ts";
import type { Ark } from "./ark.ts";

/** A line of the server's JSON log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** `ark-ts server` as a process of its own, with probes and metrics on a port of its own. */
export interface ArkServer {
  readonly pid: number;
  readonly log: readonly LogLine[];
  /** All that it has printed. */
  readonly printed: () => string;
  /** Status and body of one of its pages; undefined while it does not answer. */
  page(path: string): Promise<{ readonly status: number; readonly body: string } | undefined>;
  /** Until `/readyz` says so: `leading`, `standing by`, or either of them (`ready`). */
  ready(as?: "leading" | "standing by" | "ready"): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** The exit status; undefined where a signal ended it. */
  readonly ended: Promise<number | undefined>;
}

const launcher = join(import.meta.dirname, "../../cmd/ark-ts");

export interface ServerPlace extends Pick<Ark, "home"> {
  readonly env?: Readonly<Record<string, string>>;
  /** Program and first arguments; default: the launcher. */
  readonly command?: readonly [string, ...string[]];
}

/** End it with `kill`, and wait for `ended`. */
export function startArkServer(
  ark: ServerPlace,
  kubeconfig: string,
  ...args: readonly string[]
): ArkServer {
  const [program, ...first] = ark.command ?? [launcher];
  const flags = ["--log-format", "json", "--metrics-address", "127.0.0.1:0"];
  const child = spawn(program, [...first, "server", ...flags, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, KUBECONFIG: kubeconfig, HOME: ark.home, ...ark.env },
  });
  const log: LogLine[] = [];
  let [text, rest] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => {
    text += piece.toString();
    const lines = (rest + piece.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) log.push(JSON.parse(line) as LogLine);
  });
  child.stderr.on("data", (piece: Buffer) => {
    text += piece.toString();
  });
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? undefined));
  });
  const port = () => log.find(({ msg }) => msg === "serving metrics and probes")?.["port"];
  const server: ArkServer = {
    pid: child.pid ?? -1,
    log,
    printed: () => text,
    async page(path) {
      const bound = port();
      if (bound === undefined) return undefined;
      const answer = await fetch(`http://127.0.0.1:${bound}${path}`).catch(() => undefined);
      return answer && { status: answer.status, body: await answer.text() };
    },
    async ready(as = "leading") {
      const isSo = async () => {
        if (child.exitCode !== null) throw new Error(`the server has ended:\n${text}`);
        const found = await server.page("/readyz");
        return found?.status === 200 && (as === "ready" || found.body.includes(as));
      };
      await waitFor(`an ark-ts server ${as}`, isSo, { timeoutMs: 240_000 });
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
  return server;
}
