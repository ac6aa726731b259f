import type { CliEnvironment, TextSink } from "../../../src/cli/environment.ts";

export interface FakeSink extends TextSink {
  readonly text: string;
}

export function fakeSink(isTerminal = false, columns?: number): FakeSink {
  let text = "";
  return {
    write: (part) => {
      text += typeof part === "string" ? part : Buffer.from(part).toString("utf8");
    },
    drained: async () => {},
    isTerminal,
    columns,
    get text() {
      return text;
    },
  };
}

export interface FakeEnvironment extends CliEnvironment {
  readonly stdout: FakeSink;
  readonly stderr: FakeSink;
}

/** A process without terminal and kubeconfig, whose home is `home`. */
export function fakeEnvironment(
  home: string,
  argv: readonly string[],
  changes: Partial<Pick<CliEnvironment, "env" | "canAsk" | "ask" | "signal">> & {
    readonly terminal?: boolean;
  } = {},
): FakeEnvironment {
  const { terminal = false, ...others } = changes;
  return {
    argv,
    env: { KUBECONFIG: `${home}/no-kubeconfig` },
    cwd: home,
    home,
    stdout: fakeSink(terminal, 100),
    stderr: fakeSink(terminal, 100),
    terminal: undefined,
    pid: process.pid,
    canAsk: false,
    ask: async () => {
      throw new Error("nobody is there to be asked");
    },
    signal: new AbortController().signal,
    ...others,
  };
}
