import { resolve } from "node:path";
import type { PullPolicy } from "../../../install/plan-plugins.ts";
import { parseImage } from "../../../install/plugin-image.ts";
import type { Invocation } from "../../command-spec.ts";
import { openCluster } from "../../compose.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { awaitPods, isPath, onlyForImages, printChange, serverOf } from "../../plugin-changes.ts";
import { pluginFolder, pluginHostOptions } from "../../plugin-host.ts";
import { printResource } from "../../render/resource-output.ts";
import { type Session, withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

/** Gives the server the plugins of an image, or a folder those of an executable. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const [what = ""] = invocation.args;
  const isLocal = isPath(what);
  if (!isLocal && invocation.flags.has("plugin-dir")) {
    throw usageError(
      `--plugin-dir names a folder for an executable, and ${what} is an image`,
      `where an executable is meant, write ./${what}`,
    );
  }
  return await withSession(invocation, isLocal ? addToFolder : addToServer);
}

async function addToServer(session: Session): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const [reference = ""] = args;
  const image = parseImage(reference);
  if (image === undefined) {
    throw usageError(
      `${JSON.stringify(reference)} is no image`,
      "an image is written registry/name:tag or registry/name@sha256:digest, the name in small letters; the path of an executable begins with / or ./",
    );
  }
  const pullPolicy = (flags.text("image-pull-policy") ?? "IfNotPresent") as PullPolicy;
  const namespace = serverOf(session);
  const { cluster } = await openCluster(session);
  const { addPlugin } = await import("../../../install/change-plugins.ts");
  const dryRun = flags.boolean("dry-run") === true;
  const target = { cluster, namespace, dryRun };
  const change = await addPlugin({ image, pullPolicy }, target, session.signal);
  await printChange(session, change);
  const otherwise = `pods that were there before go on without it; ark-ts plugin remove ${change.plan.plugin.name} takes it out again`;
  await awaitPods(session, { cluster, namespace }, otherwise);
  return exitStatus.done;
}

async function addToFolder(session: Session): Promise<ExitStatus> {
  onlyForImages(session.invocation);
  const { environment, args, flags } = session.invocation;
  const path = resolve(environment.cwd, args[0] ?? "");
  const options = await pluginHostOptions(session);
  const { listPluginsOf } = await import("../../../adapters/plugin-host/list-plugins.ts");
  const { plugins } = await listPluginsOf({ path, args: [] }, options, session.signal);
  const folder = pluginFolder(session);
  const { keepProgram } = await import("../../../adapters/plugin-host/folder-programs.ts");
  const kept =
    flags.boolean("dry-run") === true
      ? undefined
      : await keepProgram(path, folder, environment.pid);
  const names = plugins.map(({ kind, name }) => `${kind} ${name}`);
  await printResource(environment, flags.text("output"), {
    value: { program: kept?.path ?? path, plugins },
    table: () => `${outcome(kept?.action, folder)}: ${names.join(", ")}\n`,
    names: plugins.map(({ name }) => name),
  });
  if (kept !== undefined) await tellRepeated(session, kept.path, folder);
  return exitStatus.done;
}

function outcome(action: "add" | "change" | "leave" | undefined, folder: string): string {
  if (action === undefined) return `would be put into ${folder}`;
  if (action === "leave") return `is in ${folder} already`;
  return action === "add" ? `put into ${folder}` : `replaced in ${folder}`;
}

/** What another executable of the folder serves as well. */
async function tellRepeated(session: Session, path: string, folder: string): Promise<void> {
  const { surveyPrograms } = await import("../../../adapters/plugin-host/survey-programs.ts");
  const options = await pluginHostOptions(session);
  for (const { command, passedOver } of await surveyPrograms(folder, options, session.signal)) {
    for (const sentence of passedOver) {
      session.note(`${command.path === path ? "" : `${command.path}: `}passed over: ${sentence}`);
    }
  }
}
