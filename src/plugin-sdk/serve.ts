/** What a plugin in an executable of its own is written against; `docs/plugins.md` is its guide. */

export type * from "./serve/plugin-definition.ts";
export { createPluginLog } from "./serve/plugin-log.ts";
export { type PluginRuntime, servePlugin } from "./serve/serve-plugin.ts";
