/**
 * A private folder for each plugin's socket and temporary files. Its name tells the host that made
 * it (process id and start), so that a later host finds what one that was killed has left: the
 * folder, and the plugin, which does not see that its host is gone.
 */
import { lstat, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ArkError } from "../../lib/errors.ts";
import type { PluginHostOptions } from "./host-options.ts";
import { processesWith, startOfProcess } from "./process-identity.ts";

/** A path of a unix socket has 108 bytes; file names of go-plugin and ours need some 60 of them. */
const longestParent = 48;

function parentFolder({ env }: PluginHostOptions): string {
  const parent = env["TMPDIR"] ?? "/tmp";
  const user = process.getuid?.() ?? "user";
  return join(parent.length > longestParent ? "/tmp" : parent, `ark-ts-plugins-${user}`);
}

/** Errors: ARK_PLUGIN_START where there is no room for it, or somebody else owns it. */
export async function makeSocketFolder(options: PluginHostOptions): Promise<string> {
  const parent = parentFolder(options);
  try {
    await mkdir(parent, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    const stat = await lstat(parent);
    if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) {
      throw new ArkError("ARK_PLUGIN_START", `the folder ${parent} is not private`, {
        advice: "it must belong to the user who runs ark-ts, with mode 0700: remove it",
      });
    }
    const start = (await startOfProcess(options.hostPid)) ?? "0";
    return await mkdtemp(join(parent, `${options.hostPid}-${start}-`));
  } catch (thrown) {
    if (thrown instanceof ArkError) throw thrown;
    throw new ArkError("ARK_PLUGIN_START", `no folder for its socket could be made in ${parent}`, {
      answer: (thrown as Error).message,
      cause: thrown,
    });
  }
}

export async function removeSocketFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

/** Ends plugins whose host is gone, and removes their folders. Answers how many plugins it ended. */
export async function reapOrphans(options: PluginHostOptions): Promise<number> {
  const parent = parentFolder(options);
  let ended = 0;
  for (const name of await readdir(parent).catch(() => [])) {
    const { pid, start } = /^(?<pid>\d+)-(?<start>\d+)-/.exec(name)?.groups ?? {};
    if (pid === undefined || start === "0") continue;
    if ((await startOfProcess(Number(pid))) === start) continue;
    const folder = join(parent, name);
    for (const orphan of await processesWith("PLUGIN_UNIX_SOCKET_DIR", folder)) {
      options.log.write("warn", "ended a plugin that a killed ark-ts has left", { pid: orphan });
      killProcess(orphan);
      ended += 1;
    }
    await removeSocketFolder(folder);
  }
  return ended;
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
