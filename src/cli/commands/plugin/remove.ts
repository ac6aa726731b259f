import { basename } from "node:path";
import { ArkError } from "../../../lib/errors.ts";
import type { Invocation } from "../../command-spec.ts";
import { openCluster } from "../../compose.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { awaitPods, isPath, onlyForImages, printChange, serverOf } from "../../plugin-changes.ts";
import { pluginFolder } from "../../plugin-host.ts";
import { printResource } from "../../render/resource-output.ts";
import { type Session, withSession } from "../../session.ts";

/** Takes the plugins of an image from the server, or an executable out of a folder. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { args, flags } = invocation;
  const isLocal = isPath(args[0] ?? "") || flags.has("plugin-dir");
  return await withSession(invocation, isLocal ? removeFromFolder : removeFromServer);
}

async function removeFromServer(session: Session): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const namespace = serverOf(session);
  const { cluster } = await openCluster(session);
  const { removePlugin } = await import("../../../install/change-plugins.ts");
  const target = { cluster, namespace, dryRun: flags.boolean("dry-run") === true };
  await printChange(session, await removePlugin(args[0] ?? "", target, session.signal));
  await awaitPods(session, { cluster, namespace }, "pods that were there before go on with it");
  return exitStatus.done;
}

/** Of a path only the name of the file counts: where it came from is not kept. */
async function removeFromFolder(session: Session): Promise<ExitStatus> {
  onlyForImages(session.invocation);
  const { environment, args, flags } = session.invocation;
  const name = basename(args[0] ?? "");
  const folder = pluginFolder(session);
  const { findPrograms } = await import("../../../adapters/plugin-host/find-programs.ts");
  const present = (await findPrograms(folder)).map(({ path }) => basename(path));
  if (!present.includes(name)) throw notThere(name, folder, present);
  const isDryRun = flags.boolean("dry-run") === true;
  if (!isDryRun) {
    const { dropProgram } = await import("../../../adapters/plugin-host/folder-programs.ts");
    if (!(await dropProgram(name, folder))) throw notThere(name, folder, present);
  }
  await printResource(environment, flags.text("output"), {
    value: { program: name, folder },
    table: () => `${name} ${isDryRun ? "would be" : "was"} taken out of ${folder}\n`,
    names: [name],
  });
  return exitStatus.done;
}

function notThere(name: string, folder: string, present: readonly string[]): ArkError {
  const what = present.length === 0 ? "there is none in it" : `there are ${present.join(", ")}`;
  return new ArkError("ARK_PLUGIN_START", `there is no executable ${name} in ${folder}: ${what}`, {
    advice: "name the folder with --plugin-dir",
  });
}
