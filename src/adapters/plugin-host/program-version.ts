import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

export interface ProgramVersion {
  /** As the program's Go module has it, `v1.13.2`; undefined where it tells none. */
  readonly version: string | undefined;
  /** Of the file, in hex. */
  readonly sha256: string;
}

/** What a file tells of its version without being run. */
export async function versionOfProgram(path: string): Promise<ProgramVersion> {
  const bytes = await readFile(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { version: versionInGoProgram(bytes), sha256 };
}

/** Go puts text about its build into each program: `path`, `mod` and `dep`, a line each. */
export function versionInGoProgram(bytes: Buffer): string | undefined {
  const start = bytes.indexOf("path\t");
  for (let at = start; at >= 0; at = bytes.indexOf("path\t", at + 1)) {
    const text = bytes.toString("latin1", at, at + 64 * 1024);
    const [, main] = /^path\t([^\n]+)\nmod\t/.exec(text) ?? [];
    if (main === undefined) continue;
    let best: { readonly module: string; readonly version: string } | undefined;
    for (const [, module = "", version = ""] of text.matchAll(
      /^(?:mod|dep)\t([^\t\n]+)\t([^\t\n]+)/gm,
    )) {
      const holds = main === module || main.startsWith(`${module}/`);
      if (holds && module.length > (best?.module.length ?? 0)) best = { module, version };
    }
    return best?.version === "(devel)" ? undefined : best?.version;
  }
  return undefined;
}
