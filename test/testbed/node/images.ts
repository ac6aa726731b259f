/** Container images without a registry: made from Debian's static busybox, loaded by `ctr`. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { pack as createPack, type Pack } from "tar-stream";
import type { NodePrograms } from "./debian-packages.ts";

const run = promisify(execFile);

/** Never pulled: use them with `imagePullPolicy: Never` or `IfNotPresent`. */
export const nodeImages = {
  /** `sh`, `sleep`, `tar`, `httpd`, `nc` and the rest of busybox, run by root; no entry point. */
  busybox: "testbed.local/busybox:1",
  /** What holds a pod's namespaces. */
  pause: "testbed.local/pause:1",
} as const;

/** Reaps orphans and ends when it is told to. */
const pauseCommand = [
  "/bin/sh",
  "-c",
  "trap 'exit 0' TERM INT; while :; do sleep 1000000 & wait $!; done",
];

const sha256 = (data: Uint8Array | string): string =>
  createHash("sha256").update(data).digest("hex");

const folders = ["bin/", "etc/", "root/", "tmp/", "var/"];
const texts: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
  "etc/group": "root:x:0:\nnogroup:x:65534:\n",
};

/** A tar of busybox with a link for each of its commands. */
async function packLayer(programs: NodePrograms): Promise<Buffer> {
  const busybox = programs.at("bin/busybox");
  const { stdout } = await run(busybox, ["--list"]);
  const mtime = new Date(0);
  const pack = createPack();
  for (const name of folders) {
    pack.entry({ name, type: "directory", mode: name === "tmp/" ? 0o1777 : 0o755, mtime });
  }
  for (const [name, text] of Object.entries(texts)) pack.entry({ name, mode: 0o644, mtime }, text);
  pack.entry({ name: "bin/busybox", mode: 0o755, mtime }, await readFile(busybox));
  for (const command of stdout.trim().split("\n")) {
    if (command === "busybox") continue;
    pack.entry({ name: `bin/${command}`, type: "symlink", linkname: "busybox", mtime });
  }
  return collect(pack);
}

async function collect(pack: Pack): Promise<Buffer> {
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function imageConfig(layer: Buffer, settings: object): string {
  return JSON.stringify({
    architecture: "amd64",
    os: "linux",
    config: { Env: ["PATH=/bin"], ...settings },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "ark-ts testbed" }],
  });
}

/** Writes an archive in the form of `docker save` that holds all images of the node. */
async function writeImages(programs: NodePrograms, file: string): Promise<void> {
  const layer = await packLayer(programs);
  const configs = {
    [nodeImages.busybox]: imageConfig(layer, {}),
    [nodeImages.pause]: imageConfig(layer, { Entrypoint: pauseCommand }),
  };
  const manifest = Object.entries(configs).map(([tag, config]) => ({
    Config: `${sha256(config)}.json`,
    RepoTags: [tag],
    Layers: ["layer.tar"],
  }));
  const pack = createPack();
  pack.entry({ name: "manifest.json" }, JSON.stringify(manifest));
  for (const config of Object.values(configs)) {
    pack.entry({ name: `${sha256(config)}.json` }, config);
  }
  pack.entry({ name: "layer.tar" }, layer);
  pack.finalize();
  await pipeline(pack, createWriteStream(file));
}

/** Loads the images into the containerd that listens at `socket`. */
export async function loadImages(
  programs: NodePrograms,
  { folder, socket }: { readonly folder: string; readonly socket: string },
): Promise<void> {
  const archive = join(folder, "images.tar");
  await writeImages(programs, archive);
  await importImages(programs, { archive, socket });
}

/** Loads an archive that `docker save` could have written, or an OCI layout as one tar. */
export async function importImages(
  programs: NodePrograms,
  { archive, socket }: { readonly archive: string; readonly socket: string },
): Promise<void> {
  const target = ["--address", socket, "--namespace", "k8s.io"];
  const load = ["images", "import", "--snapshotter", "native", archive];
  await run(programs.at("usr/bin/ctr"), [...target, ...load], { timeout: 120_000 });
}
