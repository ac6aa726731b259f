import { type ArkError, toArkError } from "../../lib/errors.ts";
import { findPrograms } from "./find-programs.ts";
import type { PluginCommand, PluginHostOptions } from "./host-options.ts";
import { type ListedPlugin, listPluginsOf } from "./list-plugins.ts";
import { reapOrphans } from "./socket-folders.ts";

/** One executable in a plugin folder, and what became of asking it. */
export interface SurveyedProgram {
  readonly command: PluginCommand;
  readonly plugins: readonly ListedPlugin[];
  /** What it lists and is not used, a sentence each. */
  readonly passedOver: readonly string[];
  /** It could not be started, or gave no list. */
  readonly failure?: ArkError;
}

/**
 * Asks every executable below `folder` what it serves, one after the other. A name that an earlier
 * one serves already is passed over in a later one. What fails is told, and stops nothing.
 */
export async function surveyPrograms(
  folder: string,
  options: PluginHostOptions,
  signal: AbortSignal,
): Promise<readonly SurveyedProgram[]> {
  await reapOrphans(options);
  const taken = new Map<string, string>();
  const surveyed: SurveyedProgram[] = [];
  for (const command of await findPrograms(folder)) {
    try {
      const { plugins, passedOver } = await listPluginsOf(command, options, signal);
      const repeated = plugins.filter(({ kind, name }) => taken.has(`${kind} ${name}`));
      const told = repeated.map(
        ({ kind, name }) => `${kind} ${name}: ${taken.get(`${kind} ${name}`)} serves it already`,
      );
      for (const { kind, name } of plugins) {
        const key = `${kind} ${name}`;
        if (!taken.has(key)) taken.set(key, command.path);
      }
      const own = plugins.filter((plugin) => !repeated.includes(plugin));
      surveyed.push({ command, plugins: own, passedOver: [...passedOver, ...told] });
    } catch (thrown) {
      signal.throwIfAborted();
      surveyed.push({ command, plugins: [], passedOver: [], failure: toArkError(thrown) });
    }
  }
  return surveyed;
}
