import { createWriteStream, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pack as createPack } from "tar-stream";

const mtime = new Date(0);

/** A layout as one tar, which engines load; the same layout gives the same bytes. */
export async function writeArchive(folder: string, file: string): Promise<void> {
  const pack = createPack();
  for (const path of globSync("**/*", { cwd: folder }).sort()) {
    const source = join(folder, path);
    if (statSync(source).isDirectory()) {
      pack.entry({ name: `${path}/`, type: "directory", mode: 0o755, mtime });
    } else pack.entry({ name: path, mode: 0o644, mtime }, readFileSync(source));
  }
  pack.finalize();
  await pipeline(pack, createWriteStream(file));
}
