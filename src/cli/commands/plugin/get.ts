import type { Invocation } from "../../command-spec.ts";
import type { ExitStatus } from "../../exit-codes.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import { withSession } from "../../session.ts";

/** Lists the plugins of the server; or, without one, those built in and those of a folder. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { listLocalPlugins } = await import("../../local-plugins.ts");
  if (invocation.flags.has("plugin-dir")) return await withSession(invocation, listLocalPlugins);
  return await inEitherMode(invocation, "read-store", {
    standalone: async (session) => {
      const { enterStandalone } = await import("../../standalone.ts");
      await enterStandalone(session, "read-store");
      return await listLocalPlugins(session);
    },
    server: async (session, server) =>
      await (await import("../../server-mode/plugins.ts")).getPlugins(session, server),
  });
}
