/** Images of Velero's plugins, as their Dockerfiles make them: `FROM scratch`, and a program that copies. */
import { createHash } from "node:crypto";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pack as createPack, type Pack } from "tar-stream";
import { ensureBinary } from "../testbed/binaries.ts";
import type { NodeAccess } from "../testbed/node/node-access.ts";

export interface PluginImageFiles {
  /** With tag. */
  readonly name: string;
  /** Of an executable, which the image has at `/plugins`. */
  readonly program: string;
  /** Default: `cp-plugin`, from there to `/target`. */
  readonly entrypoint?: readonly string[];
}

const mtime = new Date(0);
const sha256 = (data: Uint8Array | string): string =>
  createHash("sha256").update(data).digest("hex");

/** Gives the node these images, each with the copying program of Velero's own and its user. */
export async function loadPluginImages(
  node: NodeAccess,
  images: readonly PluginImageFiles[],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ark-plugin-images-"));
  try {
    const archive = join(folder, "images.tar");
    await writeImages(images, await ensureBinary("cp-plugin"), archive);
    await node.loadImages(archive);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In the form of `docker save`; images of one program share its layer. */
async function writeImages(
  images: readonly PluginImageFiles[],
  copy: string,
  file: string,
): Promise<void> {
  const pack = createPack();
  const layers = new Map<string, Buffer>();
  const manifest = [];
  for (const { name, program, entrypoint } of images) {
    const layer = layers.get(program) ?? (await packLayer(copy, program));
    if (!layers.has(program)) pack.entry({ name: `${sha256(layer)}.tar` }, layer);
    layers.set(program, layer);
    const config = configOf(layer, entrypoint ?? copying(basename(program)));
    const Config = `${sha256(config)}.json`;
    pack.entry({ name: Config }, config);
    manifest.push({ Config, RepoTags: [name], Layers: [`${sha256(layer)}.tar`] });
  }
  pack.entry({ name: "manifest.json" }, JSON.stringify(manifest));
  pack.finalize();
  await pipeline(pack, createWriteStream(file));
}

const copying = (name: string) => ["cp-plugin", `/plugins/${name}`, `/target/${name}`];

async function packLayer(copy: string, program: string): Promise<Buffer> {
  const pack = createPack();
  for (const name of ["bin/", "plugins/"]) {
    pack.entry({ name, type: "directory", mode: 0o755, mtime });
  }
  pack.entry({ name: "bin/cp-plugin", mode: 0o755, mtime }, readFileSync(copy));
  const name = `plugins/${basename(program)}`;
  pack.entry({ name, mode: 0o755, mtime }, readFileSync(program));
  return await collect(pack);
}

async function collect(pack: Pack): Promise<Buffer> {
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** As those of Velero's plugins have it, with the PATH that builders give an image from scratch. */
function configOf(layer: Buffer, Entrypoint: readonly string[]): string {
  return JSON.stringify({
    architecture: "amd64",
    os: "linux",
    config: {
      User: "65532:65532",
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      Entrypoint,
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "ark-ts testbed" }],
  });
}
