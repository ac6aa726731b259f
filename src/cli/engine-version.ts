import { readFile } from "node:fs/promises";
import { ArkError } from "../lib/errors.ts";
import { decodeJson } from "../lib/json-text.ts";

/** The version in ark-ts's own package.json, found upwards of this file (source tree or dist). */
export async function engineVersion(): Promise<string> {
  for (let url = new URL("./", import.meta.url); ; url = new URL("../", url)) {
    const version = await versionIn(new URL("package.json", url));
    if (version !== undefined) return version;
    if (url.pathname === "/") break;
  }
  throw new ArkError("ARK_UNEXPECTED", "the package.json of ark-ts was not found", {
    disposition: "bug",
  });
}

async function versionIn(url: URL): Promise<string | undefined> {
  try {
    const value = decodeJson(await readFile(url, "utf8")) as { name?: string; version?: string };
    return value.name === "ark-ts" ? value.version : undefined;
  } catch {
    return undefined;
  }
}
