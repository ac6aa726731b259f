/** Ceph's programs from Debian's packages, unpacked into the cache; nothing is installed. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache-folder.ts";
import { withLock } from "./lock-folder.ts";

const run = promisify(execFile);
const packages = ["ceph-mon", "ceph-osd", "radosgw", "ceph-common"] as const;
/** Lists of packages and of their addresses are long. */
const output = { maxBuffer: 16 * 1024 * 1024 };

export interface CephPrograms {
  /** The folder that stands for `/`. */
  readonly root: string;
  /** For every one of its processes. */
  readonly env: Readonly<Record<string, string>>;
}

/** Why the programs cannot be had here; undefined if they can, which may need a download. */
export async function whyNoCeph(): Promise<string | undefined> {
  try {
    await candidateVersion();
  } catch (error) {
    return `Ceph comes from Debian's packages: ${(error as Error).message}`;
  }
  const python = await run("python3", ["--version"]).catch(() => undefined);
  const isMatching = python?.stdout.startsWith("Python 3.11.") === true;
  return isMatching ? undefined : "the `ceph` command of Debian 12 needs Python 3.11";
}

/** As `whyNoCeph`, once they were fetched: also that they cannot be fetched, or are not wanted. */
export async function whyNoFetchedCeph(): Promise<string | undefined> {
  if (process.env["ARK_TEST_CEPH"] === "0") return "by flag: ARK_TEST_CEPH=0 leaves Ceph out";
  const why = await whyNoCeph();
  if (why !== undefined) return why;
  return await ensureCeph().then(
    () => undefined,
    (error: Error) => `Ceph's packages cannot be fetched: ${error.message}`,
  );
}

async function candidateVersion(): Promise<string> {
  const { stdout } = await run("apt-cache", ["policy", "radosgw"], output);
  const version = /Candidate: (\S+)/.exec(stdout)?.[1];
  if (version !== undefined && version !== "(none)") return version;
  throw new Error("apt-cache knows no radosgw; run apt-get update");
}

/** Fetches about 70 MB when this version was never unpacked for this user. */
export async function ensureCeph(signal?: AbortSignal): Promise<CephPrograms> {
  const version = (await candidateVersion()).replaceAll(/[^\w.+~-]/g, "_");
  const folder = join(cacheFolder(), "ceph", version);
  const root = join(folder, "root");
  if (!existsSync(root)) {
    await withLock(join(cacheFolder(), "ceph.lock"), () => unpack(folder, root, signal), {
      signal,
    });
  }
  const libraries = [
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/x86_64-linux-gnu/ceph",
    "lib/x86_64-linux-gnu",
  ];
  return {
    root,
    env: {
      LD_LIBRARY_PATH: libraries.map((path) => join(root, path)).join(":"),
      PYTHONPATH: join(root, "usr/lib/python3/dist-packages"),
      PATH: `${join(root, "usr/bin")}:${process.env["PATH"] ?? ""}`,
    },
  };
}

async function unpack(folder: string, root: string, signal?: AbortSignal): Promise<void> {
  if (existsSync(root)) return;
  const downloads = join(folder, "packages");
  const unfinished = `${root}.new`;
  for (const path of [downloads, unfinished]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  const limits = { ...output, signal, cwd: downloads };
  const simulated = ["install", "--print-uris", "--yes", "--no-install-recommends", ...packages];
  const { stdout } = await run("apt-get", simulated, limits);
  const names = [...stdout.matchAll(/^'\S+' ([^_\s]+)_/gm)].map(([, name]) => name as string);
  // What is installed already is not printed; its programs are then in the system's own folders.
  await run("apt-get", ["download", ...new Set([...packages, ...names])], limits);
  for (const file of readdirSync(downloads)) {
    await run("dpkg-deb", ["-x", join(downloads, file), unfinished], limits);
  }
  renameSync(unfinished, root);
  rmSync(downloads, { recursive: true, force: true });
}

/** Runs one of the programs to its end. */
export async function runCeph(
  { root, env }: CephPrograms,
  program: string,
  args: readonly string[],
): Promise<string> {
  const path = join(root, "usr/bin", program);
  const limits = { ...output, env: { ...process.env, ...env }, timeout: 60_000 };
  // The one that is a script names an interpreter that may not be there.
  const [command, ...rest] = program === "ceph" ? ["python3", path, ...args] : [path, ...args];
  const { stdout } = await run(command as string, rest, limits);
  return stdout;
}
