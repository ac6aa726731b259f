import type { PluginRecord } from "../api/plugin-record.ts";
import type { Manifest } from "../format/manifest.ts";
import { toArkError } from "../lib/errors.ts";
import type { Captured } from "./capture.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Who took part in the run from outside: the plugins whose actions it had, and those that made its
 * native snapshots. A program that cannot be read any more is left out, and logged.
 */
export async function pluginsOf(
  { ports }: Pick<RunContext, "ports">,
  { natives }: Pick<Captured, "natives">,
): Promise<Pick<Manifest, "plugins">> {
  const plugins: PluginRecord[] = [...(ports.plugins ?? [])];
  for (const location of new Set(natives.map((one) => one.location))) {
    try {
      const served = await ports.snapshotLocations?.servedBy?.(location);
      const isKnown = plugins.some(
        ({ kind, name }) => kind === served?.kind && name === served.name,
      );
      if (served !== undefined && !isKnown) plugins.push(served);
    } catch (thrown) {
      const { message } = toArkError(thrown);
      ports.log.write("warn", "a plugin is not recorded", { location, error: message });
    }
  }
  return plugins.length === 0 ? {} : { plugins };
}
