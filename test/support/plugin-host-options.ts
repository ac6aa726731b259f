import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import type { PluginHostOptions } from "../../src/adapters/plugin-host/host-options.ts";
import type { Log } from "../../src/ports/log.ts";

/** What a plugin printed, as ark-ts logs it. */
export interface LoggedLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A host with the real clock; its plugins see nothing of this process's environment but PATH. */
export function hostOptions(
  env: Readonly<Record<string, string>> = {},
  more: Partial<PluginHostOptions> = {},
): PluginHostOptions & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const log: Log = {
    write: (level, message, fields = {}) => lines.push({ level, message, fields }),
  };
  const path = process.env["PATH"] ?? "";
  return {
    env: { PATH: path, ...env },
    hostPid: process.pid,
    clock: createSystemClock(),
    log,
    ...more,
    lines,
  };
}
