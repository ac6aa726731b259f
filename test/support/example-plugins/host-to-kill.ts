/** A host with a plugin, to be killed: prints the plugin's process id, and stays. */
import { openPluginSession } from "../../../src/adapters/plugin-host/plugin-session.ts";
import { hostOptions } from "../plugin-host-options.ts";

const [path = "", folder = ""] = process.argv.slice(2);
const session = openPluginSession({ path, args: [] }, [], hostOptions({ TMPDIR: folder }));
await session.warmUp(new AbortController().signal);
process.stdout.write(`${session.pid()}\n`);
setInterval(() => undefined, 1_000_000);
