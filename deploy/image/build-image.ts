/** Builds the server's image without a container engine; the same sources give the same bytes. */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../test/testbed/cache-folder.ts";
import { ensureBase } from "./base-packages.ts";
import { baseLayer, imageUser, packagesLayer, productLayer } from "./image-files.ts";
import { type LayerFile, type WrittenLayer, writeLayer } from "./layer.ts";
import { type ImageLayer, writeLayout } from "./oci-layout.ts";

export interface BuildOptions {
  /** Made new; what stands there of an earlier build goes. */
  readonly folder: string;
  /** With tag. */
  readonly name: string;
  readonly version: string;
  /** Packs again what the cache has of Node and of packages. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
}

export interface BuiltImage {
  /** `sha256:…` of the manifest. */
  readonly digest: string;
  readonly layers: readonly ImageLayer[];
}

/** Writes an OCI image layout. */
export async function buildImage(options: BuildOptions): Promise<BuiltImage> {
  const { folder, name, version, fresh = false, signal } = options;
  const debian = await ensureBase(signal);
  const work = mkdtempSync(join(tmpdir(), "ark-image-"));
  try {
    const open = new Set(["tmp"]);
    const layers = [
      await cachedLayer("Node and its libraries", baseLayer(debian), { work, fresh, open }),
      await cachedLayer("packages", packagesLayer(), { work, fresh }),
      await ownLayer("ark-ts", await productLayer(join(work, "dist")), work),
    ];
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const digest = writeLayout(folder, layers, { name, version, user: imageUser });
    return { digest, layers };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function ownLayer(
  what: string,
  files: readonly LayerFile[],
  work: string,
  open?: ReadonlySet<string>,
): Promise<ImageLayer> {
  const file = join(work, `${what}.tar.gz`);
  return { ...(await writeLayer(files, file, open)), file, what };
}

interface CacheUse {
  readonly work: string;
  readonly fresh: boolean;
  readonly open?: ReadonlySet<string>;
}

/** Packing Node takes seconds, and it seldom changes: the layer is kept by what goes into it. */
async function cachedLayer(
  what: string,
  files: readonly LayerFile[],
  { work, fresh, open }: CacheUse,
): Promise<ImageLayer> {
  const kept = join(cacheFolder(), "image-layers", keyOf(files, open));
  const file = join(work, `${what}.tar.gz`);
  if (!fresh && existsSync(kept)) {
    const written = JSON.parse(readFileSync(join(kept, "layer.json"), "utf8")) as WrittenLayer;
    copyFileSync(join(kept, "layer.tar.gz"), file);
    return { ...written, file, what };
  }
  const layer = await ownLayer(what, files, work, open);
  keep(kept, layer);
  return layer;
}

/** By rename: another build may keep the same at the same time. */
function keep(kept: string, { digest, size, diffId, file }: ImageLayer): void {
  if (existsSync(kept)) return;
  const unfinished = `${kept}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  copyFileSync(file, join(unfinished, "layer.tar.gz"));
  writeFileSync(join(unfinished, "layer.json"), JSON.stringify({ digest, size, diffId }));
  if (existsSync(kept)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, kept);
}

/** Of the content of every file, and of the code that packs it. */
function keyOf(files: readonly LayerFile[], open: ReadonlySet<string> = new Set()): string {
  const hash = createHash("sha256");
  const part = (value: string | Uint8Array): void => {
    hash.update(`${Buffer.byteLength(value)}:`).update(value);
  };
  part(readFileSync(join(import.meta.dirname, "layer.ts")));
  part(process.version);
  part([...open].join(","));
  for (const file of files) {
    part(file.path);
    if ("link" in file) part(file.link);
    else part("source" in file ? readFileSync(file.source) : file.content);
    if (!("link" in file)) part(String(file.executable === true));
  }
  return hash.digest("hex").slice(0, 16);
}
