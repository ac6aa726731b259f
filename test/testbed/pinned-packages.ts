/**
 * Packages of Debian 12, each pinned by version and by the SHA-256 of its file, unpacked into the
 * cache; nothing is installed. A point release of Debian may replace one: then its pin is to be
 * renewed.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache-folder.ts";
import { withLock } from "./lock-folder.ts";
import { startProgress } from "./progress.ts";

const run = promisify(execFile);

export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

export interface PinnedSet {
  /** Of the folder in the cache. */
  readonly name: string;
  /** What it is fetched for, such as `containerd and runc`. */
  readonly purpose: string;
  /** The file with the pins, from the root of the repository. */
  readonly file: string;
  readonly packages: readonly PinnedPackage[];
}

/** `name version sha256`, a line each. */
export function parsePins(text: string): readonly PinnedPackage[] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", version = "", sha256 = ""] = line.split(" ");
      return { name, version, sha256 };
    });
}

function folderOf({ name, packages }: PinnedSet): string {
  const lines = packages.map((one) => `${one.name} ${one.version} ${one.sha256}\n`);
  const key = createHash("sha256").update(lines.join("")).digest("hex").slice(0, 16);
  return join(cacheFolder(), name, key);
}

/** The packages that apt does not offer in the pinned version. */
async function missingPackages({ packages }: PinnedSet): Promise<readonly PinnedPackage[]> {
  const { stdout } = await run("apt-cache", ["madison", ...packages.map(({ name }) => name)], {
    maxBuffer: 16 * 1024 * 1024,
  });
  const offered = new Set(
    stdout.split("\n").map((line) => {
      const [name = "", version = ""] = line.split("|").map((part) => part.trim());
      return `${name} ${version}`;
    }),
  );
  return packages.filter(({ name, version }) => !offered.has(`${name} ${version}`));
}

/** Why they cannot be had here; undefined if they can, which may need a download. */
export async function whyNoPackages(set: PinnedSet): Promise<string | undefined> {
  if (existsSync(folderOf(set))) return undefined;
  const come = `${set.purpose} come from Debian 12's packages`;
  try {
    const missing = await missingPackages(set);
    if (missing.length === 0) return undefined;
    const names = missing.map(({ name, version }) => `${name} ${version}`).join(", ");
    return `${come}, and apt offers no ${names}; run apt-get update, or renew the pins of ${set.file}`;
  } catch (error) {
    return `${come}: ${(error as Error).message}`;
  }
}

/** The folder that stands for `/`; fetches what was never unpacked for this user. */
export async function ensurePackages(set: PinnedSet, signal?: AbortSignal): Promise<string> {
  const root = folderOf(set);
  if (!existsSync(root)) {
    const lock = join(cacheFolder(), `${set.name}.lock`);
    await withLock(lock, () => unpack(set, root, signal), { signal });
  }
  return root;
}

/** The pinned package that a downloaded file holds; throws if it holds none. */
export function identifyPackage(set: PinnedSet, content: Uint8Array, file: string): string {
  const sha256 = createHash("sha256").update(content).digest("hex");
  const found = set.packages.find((pinned) => pinned.sha256 === sha256);
  if (found !== undefined) return found.name;
  throw new Error(`apt fetched "${file}" with the SHA-256 ${sha256}, which is none of the pinned`);
}

async function unpack(set: PinnedSet, root: string, signal?: AbortSignal): Promise<void> {
  if (existsSync(root)) return;
  const progress = startProgress(`fetching ${set.purpose} from Debian's packages`);
  const [downloads, unfinished] = [`${root}.packages`, `${root}.new`];
  for (const path of [downloads, unfinished]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  try {
    const limits = { signal, cwd: downloads, maxBuffer: 16 * 1024 * 1024 };
    const wanted = set.packages.map(({ name, version }) => `${name}=${version}`);
    await run("apt-get", ["download", ...wanted], limits);
    const files = readdirSync(downloads);
    const names = files.map((file) =>
      identifyPackage(set, readFileSync(join(downloads, file)), file),
    );
    if (new Set(names).size !== set.packages.length) throw new Error("apt left a package out");
    for (const file of files) await run("dpkg-deb", ["-x", join(downloads, file), unfinished]);
    renameSync(unfinished, root);
    progress.done();
  } catch (error) {
    progress.fail();
    throw error;
  } finally {
    for (const path of [downloads, unfinished]) rmSync(path, { recursive: true, force: true });
  }
}
