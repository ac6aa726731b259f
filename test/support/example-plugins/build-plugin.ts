import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { packPlugin } from "../../../deploy/plugin/pack-plugin.ts";

/**
 * Builds a plugin of this folder into one executable file, run by `node`; its path. `entry`: the
 * file's name without `.ts`.
 */
export async function buildPlugin(
  entry: string,
  folder: string,
  node: string = process.execPath,
): Promise<string> {
  const outfile = join(folder, `${entry}-plugin`);
  await bundle(entry, outfile, `#!${node}`);
  chmodSync(outfile, 0o755);
  return outfile;
}

/** The same with Node in it: one executable that needs no Node where it runs. */
export async function buildPackedPlugin(entry: string, folder: string): Promise<string> {
  const outfile = join(folder, `${entry}-packed`);
  const bundled = join(folder, `${entry}.cjs`);
  await bundle(entry, bundled, "");
  await packPlugin(bundled, outfile);
  rmSync(bundled);
  return outfile;
}

async function bundle(entry: string, outfile: string, banner: string): Promise<void> {
  mkdirSync(dirname(outfile), { recursive: true });
  await build({
    entryPoints: [fileURLToPath(new URL(`./${entry}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    banner: { js: banner },
    logLevel: "silent",
  });
}
