import { ArkError } from "../../lib/errors.ts";
import { decodeJson } from "../../lib/json-text.ts";

/** A place for backups as the configuration keeps it: Velero's words, no credentials. */
export interface StoredLocation {
  readonly provider: string;
  readonly bucket: string;
  /** Empty for none. */
  readonly prefix: string;
  readonly config: Readonly<Record<string, string>>;
}

export type Mode = "standalone" | "server";

/** What `config.json` holds. */
export interface CliConfig {
  /** Name of the location used where none is given; absent: the user's data directory. */
  readonly defaultLocation?: string;
  readonly locations: Readonly<Record<string, StoredLocation>>;
  /** Kept mode by kubeconfig context. */
  readonly modes: Readonly<Record<string, Mode>>;
  /** Namespace in which a server is looked for; absent: ark-ts. */
  readonly serverNamespace?: string;
  /** Warnings that are said once, by key. */
  readonly said: readonly string[];
}

export const emptyConfig: CliConfig = { locations: {}, modes: {}, said: [] };

/**
 * Reads the text of config.json. Unknown keys are errors, as they would be without effect.
 * Errors: ARK_CONFIG_INVALID, naming the field.
 */
export function decodeConfig(text: string, path: string): CliConfig {
  const invalid = (what: string, cause?: unknown) =>
    new ArkError("ARK_CONFIG_INVALID", `the configuration file "${path}" cannot be used: ${what}`, {
      advice: "mend the file, or move it away and set locations with ark-ts backup-location set",
      cause,
    });
  let value: unknown;
  try {
    value = decodeJson(text);
  } catch (error) {
    throw invalid(`it is not JSON (${(error as Error).message})`, error);
  }
  const check = (good: boolean, what: string) => {
    if (!good) throw invalid(what);
  };
  check(isRecord(value), "it is not a JSON object");
  const root = value as Record<string, unknown>;
  const known = ["defaultLocation", "locations", "modes", "serverNamespace", "said"];
  const stranger = Object.keys(root).find((key) => !known.includes(key));
  check(stranger === undefined, `unknown key "${stranger}"`);
  const locations = root["locations"] ?? {};
  check(isRecord(locations), "locations is not an object");
  for (const [name, location] of Object.entries(locations as Record<string, unknown>)) {
    check(isStoredLocation(location), `locations.${name} is not a location`);
  }
  const modes = root["modes"] ?? {};
  check(isRecord(modes), "modes is not an object");
  for (const [context, mode] of Object.entries(modes as Record<string, unknown>)) {
    check(mode === "standalone" || mode === "server", `modes["${context}"] is no mode`);
  }
  for (const key of ["defaultLocation", "serverNamespace"]) {
    check(root[key] === undefined || typeof root[key] === "string", `${key} is not text`);
  }
  const said = root["said"] ?? [];
  check(Array.isArray(said) && said.every((key) => typeof key === "string"), "said is no list");
  return { ...emptyConfig, ...(root as Partial<CliConfig>) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStoredLocation(value: unknown): value is StoredLocation {
  return (
    isRecord(value) &&
    typeof value["provider"] === "string" &&
    typeof value["bucket"] === "string" &&
    typeof value["prefix"] === "string" &&
    isRecord(value["config"]) &&
    Object.values(value["config"]).every((entry) => typeof entry === "string") &&
    Object.keys(value).every((key) => ["provider", "bucket", "prefix", "config"].includes(key))
  );
}
