import type { PluginRecord } from "../../api/plugin-record.ts";
import type { ListedPlugin } from "./list-plugins.ts";
import { versionOfProgram } from "./program-version.ts";

/** What is kept of plugins of one program in a run. The file is read for it. */
export async function recordPlugins(
  program: string,
  plugins: readonly Pick<ListedPlugin, "kind" | "name">[],
): Promise<readonly PluginRecord[]> {
  if (plugins.length === 0) return [];
  const { version, sha256 } = await versionOfProgram(program);
  return plugins.map(({ kind, name }) => ({
    ...{ kind, name, program },
    ...(version !== undefined && { version }),
    sha256,
  }));
}
