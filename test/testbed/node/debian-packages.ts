/**
 * The programs of a node that Debian 12 builds, unpacked into the cache; nothing is installed.
 *
 * Each package is pinned by version and by the SHA-256 of its file, with every library but libc. A
 * point release of Debian may replace one: then its line here is to be renewed.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../cache-folder.ts";
import { withLock } from "../lock-folder.ts";
import { startProgress } from "../progress.ts";

const run = promisify(execFile);

interface Package {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

const pins = `
busybox-static 1:1.35.0-4+deb12u1+b1 3d3fdbe91d4660c873e14b092c213fe81c1da6362daa236eb25d0171eb108744
containerd 1.6.20~ds1-1+deb12u3 8669d264eeb0fcdb4a0b1ba436ab88ec5dafde4a66e1278ec279d830db4c2216
containernetworking-plugins 1.1.1+ds1-3+b5 4cac8143474d1249b19f7b0e80b8d0daaa6dfdaa8bd514bc468d38d4a108099f
iproute2 6.1.0-3 1204b29e916e836267096d0b9d778106752f821ebde0d281539008b4386d9070
libbpf1 1:1.1.2-0+deb12u1 5e7505ef77ebc84ad0203411e4afdeb8a98f40fb7f78f013aa4dd8710e49f8ed
libbsd0 0.11.7-2 bb31cc8b40f962a85b2cec970f7f79cc704a1ae4bad24257a822055404b2c60b
libcap2 1:2.66-4+deb12u3+b1 8d684c673e7483802a5c447834b0df6fce006eb3a7109e1be412f5ad425bb24f
libedit2 3.1-20221030-2 1cf14abf2716d3279db12d0657a5737cf70074a1e71d3bdf73206625e3c89ce6
libelf1 0.188-2.1 619add379c606b3ac6c1a175853b918e6939598a83d8ebadf3bdfd50d10b3c8c
libgmp10 2:6.2.1+dfsg1-1.1 187aedef2ed763f425c1e523753b9719677633c7eede660401739e9c893482bd
libjansson4 2.14-2 3fc9742f9f1a37bcb9931df6074b4d1483419ef832ad5349f47323e75fc27864
libmd0 1.0.4-2 03539fd30c509e27101d13a56e52eda9062bdf1aefe337c07ab56def25a13eab
libmnl0 1.0.4-3 4581f42e3373cb72f9ea4e88163b17873afca614a6c6f54637e95aa75983ea7c
libnftables1 1.0.6-2+deb12u2 3a8223f9bfba99d97bf25296ac83de307ab036e1df63e5965f88809266851947
libnftnl11 1.2.4-2 9e619e1470a1915264e906020f3bfc046fd8458043b1342686d997b5078213af
libseccomp2 2.5.4-1+deb12u1 108fe67957ca7cf9ba51d801118a1b37d404bea7b6e365025cd00779e9eca38d
libtinfo6 6.4-4 072d908f38f51090ca28ca5afa3b46b2957dc61fe35094c0b851426859a49a51
libxtables12 1.8.9-2 cb841d66950a43af4a398625313d2f3da9065299c9738538de6c2c3495857040
nftables 1.0.6-2+deb12u2 966ff20ce58c17163a771c02ddbca264291408f94c512bd85dd18da0ebdbe88c
runc 1.1.5+ds1-1+deb12u1 a00351f8c0318de0b424ecf5cd0fdb69880a89f3511cae4f6fff7de3e57881c5
zlib1g 1:1.2.13.dfsg-1 d7dd1d1411fedf27f5e27650a6eff20ef294077b568f4c8c5e51466dc7c08ce4`;

const packages: readonly Package[] = pins
  .trim()
  .split("\n")
  .map((line) => {
    const [name = "", version = "", sha256 = ""] = line.split(" ");
    return { name, version, sha256 };
  });

export interface NodePrograms {
  /** The folder that stands for `/`. */
  readonly root: string;
  /** For every process that uses one of them. */
  readonly env: Readonly<Record<string, string>>;
  /** The path of one, by its path on a system where it is installed. */
  at(installed: string): string;
}

function rootFolder(): string {
  const key = createHash("sha256").update(pins).digest("hex").slice(0, 16);
  return join(cacheFolder(), "node", key);
}

function toPrograms(root: string): NodePrograms {
  const libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];
  const commands = ["usr/sbin", "usr/bin", "sbin", "bin"];
  return {
    root,
    env: {
      LD_LIBRARY_PATH: libraries.map((path) => join(root, path)).join(":"),
      PATH: [...commands.map((path) => join(root, path)), process.env["PATH"] ?? ""].join(":"),
    },
    at: (installed) => join(root, installed),
  };
}

/** The packages that apt does not offer in the pinned version. */
async function missingPackages(): Promise<readonly Package[]> {
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

/** Why the programs cannot be had here; undefined if they can, which may need a download. */
export async function whyNoNodePrograms(): Promise<string | undefined> {
  if (existsSync(rootFolder())) return undefined;
  try {
    const missing = await missingPackages();
    if (missing.length === 0) return undefined;
    const names = missing.map(({ name, version }) => `${name} ${version}`).join(", ");
    return `containerd and runc come from Debian 12's packages, and apt offers no ${names}; run apt-get update, or renew the pins of test/testbed/node/debian-packages.ts`;
  } catch (error) {
    return `containerd and runc come from Debian 12's packages: ${(error as Error).message}`;
  }
}

/** Fetches about 40 MB when these versions were never unpacked for this user. */
export async function ensureNodePrograms(signal?: AbortSignal): Promise<NodePrograms> {
  const root = rootFolder();
  if (!existsSync(root)) {
    await withLock(join(cacheFolder(), "node.lock"), () => unpack(root, signal), { signal });
  }
  return toPrograms(root);
}

/** The pinned package that a downloaded file holds; throws if it holds none. */
export function identify(content: Uint8Array, file: string): string {
  const sha256 = createHash("sha256").update(content).digest("hex");
  const found = packages.find((pinned) => pinned.sha256 === sha256);
  if (found !== undefined) return found.name;
  throw new Error(`apt fetched "${file}" with the SHA-256 ${sha256}, which is none of the pinned`);
}

async function unpack(root: string, signal?: AbortSignal): Promise<void> {
  if (existsSync(root)) return;
  const progress = startProgress("fetching containerd, runc and CNI from Debian's packages");
  const [downloads, unfinished] = [`${root}.packages`, `${root}.new`];
  for (const path of [downloads, unfinished]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  try {
    const limits = { signal, cwd: downloads, maxBuffer: 16 * 1024 * 1024 };
    const wanted = packages.map(({ name, version }) => `${name}=${version}`);
    await run("apt-get", ["download", ...wanted], limits);
    const files = readdirSync(downloads);
    const names = files.map((file) => identify(readFileSync(join(downloads, file)), file));
    if (new Set(names).size !== packages.length) throw new Error("apt left a package out");
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
