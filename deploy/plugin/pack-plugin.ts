import { execFile } from "node:child_process";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { withNote } from "./elf-note.ts";

/** Contract: Node's single executable applications. */
const resource = "NODE_SEA_BLOB";
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/**
 * Packs a plugin, bundled into one CommonJS file, and a Node into one executable file, which needs
 * nothing where it runs but the C library. `node`: the Node to take (default: the one that runs
 * this), of 64-bit Linux. Errors: those of that Node, and of {@link withNote}.
 */
export async function packPlugin(
  bundle: string,
  outfile: string,
  node: string = process.execPath,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pack-plugin-"));
  try {
    const output = join(folder, "blob");
    const config = join(folder, "config.json");
    const settings = { main: bundle, output, disableExperimentalSEAWarning: true };
    await writeFile(config, JSON.stringify(settings));
    await promisify(execFile)(node, ["--experimental-sea-config", config]);
    const packed = withNote(await readFile(node), resource, await readFile(output));
    turnOn(packed);
    const unfinished = join(dirname(outfile), `.unfinished-${process.pid}`);
    await writeFile(unfinished, packed, { mode: 0o755 });
    await rename(unfinished, outfile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tells the Node in the file to look for a program in itself. */
function turnOn(packed: Buffer): void {
  const at = packed.indexOf(`${fuse}:0`);
  if (at < 0) throw new Error("this Node cannot become a single executable, or is one already");
  packed.write("1", at + fuse.length + 1);
}
