import { hasCode } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Invocation } from "./command-spec.ts";
import { type CliConfig, emptyConfig } from "./config/cli-config.ts";
import { readConfig } from "./config/config-file.ts";
import { configDir } from "./config/config-paths.ts";
import { isPlace } from "./locations.ts";
import { createCliLog } from "./render/cli-log.ts";
import { createPainter, type Painter } from "./render/painter.ts";
import { suggestAtPlace } from "./render/suggested-commands.ts";
import { usageError } from "./usage-error.ts";

/** What a command holds while it runs; `close` gives back what it opened, last first. */
export interface Session {
  readonly invocation: Invocation;
  readonly configDir: string;
  readonly config: CliConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Colour for stdout and for stderr. */
  readonly out: Painter;
  readonly err: Painter;
  /** One line for the person, on stderr. */
  note(line: string): void;
  /** Registers something to be closed at the end. */
  closing(close: () => Promise<void>): void;
  close(): Promise<void>;
}

/** Runs `work` with a session and closes it, whatever happens. */
export async function withSession<T>(
  invocation: Invocation,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(invocation);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function openSession(invocation: Invocation): Promise<Session> {
  const { environment, flags } = invocation;
  if (flags.has("as-group") && !flags.has("as")) {
    throw usageError("--as-group has no effect without --as");
  }
  const { createSystemClock } = await import("../adapters/clock/system-clock.ts");
  const clock = createSystemClock();
  const dir = configDir(environment, flags.text("config-dir"));
  const closers: (() => Promise<void>)[] = [];
  return {
    invocation,
    configDir: dir,
    config: await configOf(invocation, dir),
    clock,
    log: createCliLog(environment.stderr, clock, flags.boolean("debug") === true),
    signal: environment.signal,
    out: createPainter(environment, environment.stdout),
    err: createPainter(environment, environment.stderr),
    note: (line) => environment.stderr.write(`${suggestAtPlace(line, environment.argv)}\n`),
    closing: (close) => closers.push(close),
    close: async () => {
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
    },
  };
}

/** A configuration that cannot be used stops only those who need it: not who names a store by URL. */
async function configOf(
  { path, args, flags, environment }: Invocation,
  dir: string,
): Promise<CliConfig> {
  try {
    return await readConfig(dir);
  } catch (thrown) {
    const isTest = path.join(" ") === "backup-location test";
    const place = isTest ? args[0] : flags.text("storage-location");
    if (place === undefined || !isPlace(place) || !hasCode(thrown, "ARK_CONFIG_INVALID")) {
      throw thrown;
    }
    environment.stderr.write(`the configuration is left out: ${thrown.message}\n`);
    return emptyConfig;
  }
}
