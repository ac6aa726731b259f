import { readFile, stat } from "node:fs/promises";
import { ArkError, type PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { parseDotenv } from "./dotenv.ts";

/** What a location or the environment gives to be known by. */
export interface CredentialValues {
  /** `AZURE_TENANT_ID` and the like; empty values are left out. */
  readonly values: Readonly<Record<string, string>>;
  /** For people: `file /credentials/cloud`, `the environment`. */
  readonly source: string;
  /** Another one once the file has changed. */
  readonly stamp: string;
}

export interface Credentials {
  /** Reads the file again when it has changed. Errors: ARK_CONFIG_INVALID. */
  read(): Promise<CredentialValues>;
}

/**
 * The values of `credentialsFile`, else of the file that AZURE_CREDENTIALS_FILE names, else the
 * environment's own. What a file lacks never falls back to the environment.
 */
export function openCredentials(
  credentialsFile: string | undefined,
  { env }: Pick<PluginContext, "env">,
): Credentials {
  const path = credentialsFile ?? (env["AZURE_CREDENTIALS_FILE"] || undefined);
  if (path === undefined) {
    const values = withoutEmpty(env);
    return { read: async () => ({ values, source: "the environment", stamp: "environment" }) };
  }
  let last: CredentialValues | undefined;
  return {
    async read() {
      const stamp = await stampOf(path);
      if (last?.stamp === stamp) return last;
      const { values, badLines } = parseDotenv(await textOf(path));
      if (badLines.length > 0) throw malformed(path, badLines);
      last = { values: withoutEmpty(values), source: `file ${path}`, stamp };
      return last;
    },
  };
}

function withoutEmpty(
  values: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const filled = Object.entries(values).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "",
  );
  return Object.fromEntries(filled);
}

async function stampOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch((thrown) => unreadable(path, thrown));
  return `${found.ino}:${found.size}:${found.mtimeNs}`;
}

async function textOf(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((thrown) => unreadable(path, thrown));
}

function unreadable(path: string, thrown: unknown): never {
  throw new ArkError(
    "ARK_CONFIG_INVALID",
    `the credentials file ${JSON.stringify(path)} cannot be read`,
    { answer: thrown instanceof Error ? thrown.message : String(thrown), cause: thrown },
  );
}

/** Only numbers: the lines may hold secrets. */
function malformed(path: string, lines: readonly number[]): ArkError {
  const which = lines.length === 1 ? `line ${lines[0]} is` : `lines ${lines.join(", ")} are`;
  return new ArkError(
    "ARK_CONFIG_INVALID",
    `the credentials file ${JSON.stringify(path)}: ${which} not of the form KEY=value`,
    { advice: "write one value per line, such as AZURE_TENANT_ID=…" },
  );
}
