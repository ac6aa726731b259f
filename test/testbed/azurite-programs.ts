/**
 * Azurite, Microsoft's double of Azure Blob Storage, from the packages that `azurite/` pins by
 * version and hash, in the cache; no dependency of the project.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cacheFolder } from "./cache-folder.ts";
import { withLock } from "./lock-folder.ts";
import { startProgress } from "./progress.ts";

const run = promisify(execFile);
const pins = fileURLToPath(new URL("./azurite/", import.meta.url));
const files = ["package.json", "package-lock.json"] as const;

/** The script of its blob service; fetches some 60 MB where this user never had these packages. */
export async function ensureAzurite(signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(pins, file)));
  const folder = join(cacheFolder(), "azurite", hash.digest("hex").slice(0, 16));
  if (!existsSync(folder)) {
    await withLock(join(cacheFolder(), "azurite.lock"), () => install(folder, signal), { signal });
  }
  return join(folder, "node_modules/azurite/dist/src/blob/main.js");
}

async function install(folder: string, signal?: AbortSignal): Promise<void> {
  if (existsSync(folder)) return;
  const progress = startProgress("fetching azurite from npm's packages");
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  try {
    for (const file of files) copyFileSync(join(pins, file), join(unfinished, file));
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const limits = { signal, cwd: unfinished, maxBuffer: 16 * 1024 * 1024 };
    await run("npm", ["ci", "--omit=optional", ...quiet], limits);
    renameSync(unfinished, folder);
    progress.done();
  } catch (error) {
    progress.fail();
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}
