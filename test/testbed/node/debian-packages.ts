/** The programs of a node that Debian 12 builds, with every library but libc. */
import { join } from "node:path";
import {
  ensurePackages,
  identifyPackage,
  type PinnedSet,
  parsePins,
  whyNoPackages,
} from "../pinned-packages.ts";

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

const set: PinnedSet = {
  name: "node",
  purpose: "containerd, runc and CNI plugins",
  file: "test/testbed/node/debian-packages.ts",
  packages: parsePins(pins),
};

export interface NodePrograms {
  /** The folder that stands for `/`. */
  readonly root: string;
  /** For every process that uses one of them. */
  readonly env: Readonly<Record<string, string>>;
  /** The path of one, by its path on a system where it is installed. */
  at(installed: string): string;
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

/** Why the programs cannot be had here; undefined if they can, which may need a download. */
export const whyNoNodePrograms = (): Promise<string | undefined> => whyNoPackages(set);

/** Fetches about 40 MB when these versions were never unpacked for this user. */
export async function ensureNodePrograms(signal?: AbortSignal): Promise<NodePrograms> {
  return toPrograms(await ensurePackages(set, signal));
}

/** The pinned package that a downloaded file holds; throws if it holds none. */
export const identify = (content: Uint8Array, file: string): string =>
  identifyPackage(set, content, file);
