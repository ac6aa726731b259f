/**
 * moto, a double of AWS's services, from the packages that are pinned in `moto-packages.txt` by
 * version and SHA-256 of each file, in a virtual environment of Python in the cache.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cacheFolder } from "./cache-folder.ts";
import { withLock } from "./lock-folder.ts";
import { startProgress } from "./progress.ts";

const run = promisify(execFile);
const pins = fileURLToPath(new URL("./moto-packages.txt", import.meta.url));
const output = { maxBuffer: 16 * 1024 * 1024 };

/** Versions of Python that `moto-packages.txt` has files for. */
const pythons = /^Python 3\.(?:11|12|13)\./;

/** Why moto cannot be had here; undefined if it can, which may need a download. */
export async function whyNoMoto(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return "moto's packages are pinned for Linux x64";
  }
  const version = await pythonVersion();
  if (version === undefined) return "moto needs python3: install it (Debian: python3-venv)";
  if (!pythons.test(version))
    return `moto's packages are pinned for Python 3.11 to 3.13, here is ${version}`;
  const hasVenv = await run("python3", ["-c", "import venv, ensurepip"]).then(
    () => true,
    () => false,
  );
  return hasVenv ? undefined : "moto needs python3 with venv: install it (Debian: python3-venv)";
}

async function pythonVersion(): Promise<string | undefined> {
  const found = await run("python3", ["--version"]).catch(() => undefined);
  return found?.stdout.trim();
}

/** The Python that has moto; fetches some 30 MB where this user never had these packages. */
export async function ensureMoto(signal?: AbortSignal): Promise<string> {
  const problem = await whyNoMoto();
  if (problem !== undefined) throw new Error(problem);
  const version = (await pythonVersion()) ?? "";
  const hash = createHash("sha256").update(readFileSync(pins)).update(version);
  const folder = join(cacheFolder(), "moto", hash.digest("hex").slice(0, 16));
  if (!existsSync(folder)) {
    await withLock(join(cacheFolder(), "moto.lock"), () => install(folder, signal), { signal });
  }
  return join(folder, "bin/python3");
}

async function install(folder: string, signal?: AbortSignal): Promise<void> {
  if (existsSync(folder)) return;
  const progress = startProgress("fetching moto from Python's packages");
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  try {
    await run("python3", ["-m", "venv", unfinished], { ...output, signal });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    const pinned = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", pins];
    await run(join(unfinished, "bin/python3"), [...pip, ...pinned], { ...output, signal });
    renameSync(unfinished, folder);
    progress.done();
  } catch (error) {
    progress.fail();
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}
