/** One layer: a tar whose bytes follow from its files alone. */
import { createHash, type Hash } from "node:crypto";
import { createWriteStream, readFileSync } from "node:fs";
import { posix } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack as createPack, type Pack } from "tar-stream";

export type LayerFile =
  | { readonly path: string; readonly content: string | Uint8Array; readonly executable?: boolean }
  /** Read when it is written. */
  | { readonly path: string; readonly source: string; readonly executable?: boolean }
  | { readonly path: string; readonly link: string };

export interface WrittenLayer {
  /** Hex, of the file. */
  readonly digest: string;
  readonly size: number;
  /** Hex, of the tar in it. */
  readonly diffId: string;
}

const mtime = new Date(0);

/** Owned by root, of one time, in the order of names, each folder before what is in it. */
function pack(files: readonly LayerFile[], openFolders: ReadonlySet<string>): Pack {
  const tar = createPack();
  const folders = new Set<string>();
  const byPath = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const addFolder = (path: string): void => {
    if (path === "." || folders.has(path)) return;
    addFolder(posix.dirname(path));
    folders.add(path);
    const mode = openFolders.has(path) ? 0o1777 : 0o755;
    tar.entry({ name: `${path}/`, type: "directory", mode, mtime });
  };
  for (const path of [...openFolders].sort()) addFolder(path);
  for (const file of byPath) {
    addFolder(posix.dirname(file.path));
    if ("link" in file) {
      tar.entry({ name: file.path, type: "symlink", linkname: file.link, mode: 0o777, mtime });
      continue;
    }
    const bytes = Buffer.from("source" in file ? readFileSync(file.source) : file.content);
    tar.entry({ name: file.path, mode: file.executable === true ? 0o755 : 0o644, mtime }, bytes);
  }
  tar.finalize();
  return tar;
}

function counting(hash: Hash, onBytes: (count: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
}

/** Writes the layer, gzipped, to `target`. Folders of `openFolders` are writable by everybody. */
export async function writeLayer(
  files: readonly LayerFile[],
  target: string,
  openFolders: ReadonlySet<string> = new Set(),
): Promise<WrittenLayer> {
  const [plain, packed] = [createHash("sha256"), createHash("sha256")];
  let size = 0;
  await pipeline(
    pack(files, openFolders),
    counting(plain, () => {}),
    createGzip({ level: 6 }),
    counting(packed, (count) => {
      size += count;
    }),
    createWriteStream(target),
  );
  return { digest: packed.digest("hex"), size, diffId: plain.digest("hex") };
}
