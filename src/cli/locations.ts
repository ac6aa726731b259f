import { resolve } from "node:path";
import { closestMatch } from "../lib/closest-match.ts";
import { ArkError } from "../lib/errors.ts";
import type { LocationSpec } from "../plugin-sdk/object-store-plugin.ts";
import type { CliConfig, StoredLocation } from "./config/cli-config.ts";
import { dataDir, shortPath } from "./config/config-paths.ts";
import type { CliEnvironment } from "./environment.ts";
import { usageError } from "./usage-error.ts";

type Surroundings = Pick<CliEnvironment, "env" | "home" | "cwd">;

/** A place for backups as a command uses it. */
export interface NamedLocation {
  /** Name in the configuration; for a URL or a path that itself. */
  readonly name: string;
  /** Set where a URL or a path was typed instead of a name. */
  readonly isTyped?: true;
  readonly spec: LocationSpec;
  /** For people: `s3://bucket/prefix`, `~/.local/share/ark-ts`. */
  readonly display: string;
  /** True for the directory in the user's data directory, used where nothing is configured. */
  readonly builtIn: boolean;
}

/** Name under which the directory in the user's data directory is known. */
export const builtInName = "default";

/** The location that is used where none is named. */
export function defaultLocation(config: CliConfig, surroundings: Surroundings): NamedLocation {
  const name = config.defaultLocation ?? builtInName;
  return namedLocation(name, config, surroundings);
}

/** Errors: ARK_LOCATION_UNKNOWN. */
export function namedLocation(
  name: string,
  config: CliConfig,
  surroundings: Surroundings,
): NamedLocation {
  const stored = Object.hasOwn(config.locations, name) ? config.locations[name] : undefined;
  if (stored !== undefined) return toNamedLocation(name, stored, surroundings);
  if (name === builtInName) return builtInLocation(surroundings);
  const names = [...Object.keys(config.locations), builtInName];
  const near = closestMatch(name, names);
  throw new ArkError("ARK_LOCATION_UNKNOWN", `there is no backup location "${name}"`, {
    advice: `${near === undefined ? `known: ${names.join(", ")}` : `did you mean ${near}?`}; a URL works too: file:///path or s3://bucket/prefix`,
  });
}

/** `--storage-location`: a URL, a name, or nothing. Errors: ARK_LOCATION_UNKNOWN, ARK_USAGE. */
export async function chosenLocation(
  asked: string | undefined,
  config: CliConfig,
  surroundings: Surroundings,
): Promise<NamedLocation> {
  if (asked === undefined) return defaultLocation(config, surroundings);
  refuseHalfUrl(asked, surroundings);
  if (!isPlace(asked)) return namedLocation(asked, config, surroundings);
  const spec = await specOfUrl(asked, surroundings);
  return {
    name: asked,
    isTyped: true,
    spec,
    display: displayOf(spec, surroundings),
    builtIn: false,
  };
}

/** A URL or a path, and not the name of a configured location. */
export function isPlace(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^(?:\/|~\/|\.{1,2}(?:\/|$))/.test(text);
}

/** Of a URL or a path, relative ones too. Errors: ARK_USAGE for what names no place. */
export async function specOfUrl(text: string, surroundings: Surroundings): Promise<LocationSpec> {
  refuseHalfUrl(text, surroundings);
  const { parseLocationUrl } = await import("../../plugins/registry.ts");
  if (/^~\//.test(text)) return parseLocationUrl(resolve(surroundings.home, text.slice(2)));
  if (/^\.{1,2}(?:\/|$)/.test(text)) return parseLocationUrl(resolve(surroundings.cwd, text));
  return parseLocationUrl(text);
}

/** `file:rel` would be read as a path from the root, or as the name of a location. Errors: ARK_USAGE. */
export function refuseHalfUrl(text: string, { cwd }: Surroundings): void {
  const [, scheme, rest = ""] = /^(file|s3):(?!\/\/)(.*)$/i.exec(text) ?? [];
  if (scheme === undefined) return;
  const right =
    scheme.toLowerCase() === "file"
      ? `file://${resolve(cwd, rest)}`
      : `s3://${rest.replace(/^\/+/, "") || "bucket/prefix"}`;
  throw usageError(`"${text}" is not the URL of a backup location`, `write ${right}`);
}

function builtInLocation(surroundings: Surroundings): NamedLocation {
  const spec = { provider: "directory", bucket: dataDir(surroundings), prefix: "", config: {} };
  return {
    name: builtInName,
    spec,
    display: displayOf(spec, surroundings),
    builtIn: true,
  };
}

export function toNamedLocation(
  name: string,
  stored: StoredLocation,
  surroundings: Surroundings,
): NamedLocation {
  const spec = isDirectory(stored)
    ? { ...stored, bucket: resolve(surroundings.cwd, stored.bucket) }
    : stored;
  return { name, spec, display: displayOf(spec, surroundings), builtIn: false };
}

export function isDirectory(location: Pick<LocationSpec, "provider">): boolean {
  return location.provider === "directory" || location.provider === "ark-ts.dev/directory";
}

const schemes: Readonly<Record<string, string>> = {
  ...{ s3: "s3", aws: "s3", "velero.io/aws": "s3" },
  ...{ gcs: "gs", gcp: "gs", "velero.io/gcp": "gs" },
  ...{ azure: "azblob", "velero.io/azure": "azblob" },
};

function displayOf(spec: LocationSpec, surroundings: Surroundings): string {
  const place = [spec.bucket, spec.prefix].filter((part) => part !== "").join("/");
  if (isDirectory(spec)) return shortPath(surroundings, place);
  // The name of another provider is that of a plugin.
  return `${schemes[spec.provider] ?? spec.provider}://${place}`;
}
