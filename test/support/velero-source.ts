/** The source of the Velero that the testbed builds, from the cache of Go modules. */
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { load } from "js-yaml";
import { requireGo } from "../testbed/go-toolchain.ts";

const testbedModule = fileURLToPath(new URL("../testbed/go/velero", import.meta.url));

export interface VeleroSource {
  /** Undefined where it is not in the cache. */
  readonly folder: string | undefined;
  /** For `{ skip }`: why it cannot be read here, or false. */
  readonly missing: string | false;
}

/** Downloads nothing: it is there once the testbed has built its `velero`. */
export async function veleroSource(): Promise<VeleroSource> {
  try {
    await requireGo();
    const env = { ...process.env, GOFLAGS: "-mod=readonly", GOPROXY: "off", GOTOOLCHAIN: "local" };
    const args = ["list", "-m", "-f", "{{.Dir}}", "github.com/vmware-tanzu/velero"];
    const { stdout } = await promisify(execFile)("go", args, { cwd: testbedModule, env });
    const folder = stdout.trim();
    if (folder !== "") return { folder, missing: false };
    return absent("it is not in the cache of Go modules");
  } catch (error) {
    return absent((error as Error).message);
  }
}

function absent(why: string): VeleroSource {
  return {
    folder: undefined,
    missing: `the source of Velero cannot be read (${why}); npm test -- --group e2e builds Velero first`,
  };
}

export type Json = Readonly<Record<string, unknown>>;

export interface Definition extends Json {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly {
      readonly name: string;
      readonly additionalPrinterColumns?: readonly Json[];
      readonly schema: { readonly openAPIV3Schema: Json };
    }[];
  };
}

/** The CustomResourceDefinitions in the YAML files of a folder, by name. */
export function readDefinitions(...pattern: readonly string[]): ReadonlyMap<string, Definition> {
  const files = globSync(join(...pattern)).sort();
  const definitions = files.map((file) => load(readFileSync(file, "utf8")) as Definition);
  return new Map(definitions.map((definition) => [definition.metadata.name, definition]));
}

/** Those of Velero. */
export function veleroDefinitions(source: VeleroSource): ReadonlyMap<string, Definition> {
  if (source.folder === undefined) throw new Error(String(source.missing));
  return readDefinitions(source.folder, "config/crd/*/bases/*.yaml");
}
