import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { BackupStorageLocationSpec } from "../../../api/backup-storage-location.ts";
import { ArkError } from "../../../lib/errors.ts";
import { formatGoDuration } from "../../../lib/go-duration.ts";
import type { Invocation } from "../../command-spec.ts";
import type { FlagValues } from "../../flag-values.ts";
import { parseGoDuration } from "../../go-duration.ts";
import { isDirectory, specOfUrl } from "../../locations.ts";
import { shownProvider } from "../../render/location-resource.ts";
import { usageError } from "../../usage-error.ts";

/**
 * The spec of a new BackupStorageLocation: a URL, or `--provider`, `--bucket` and `--prefix`. Errors:
 * ARK_USAGE.
 */
export async function newLocationSpec(invocation: Invocation): Promise<BackupStorageLocationSpec> {
  const { args, flags, environment } = invocation;
  const [name = "", url] = args;
  const fromUrl = url === undefined ? undefined : await specOfUrl(url, environment);
  const [placed] = ["provider", "bucket", "prefix"].filter((flag) => flags.has(flag));
  if (fromUrl !== undefined && placed !== undefined) {
    throw usageError(`--${placed} has no effect beside a URL, which says it already`);
  }
  const provider = fromUrl?.provider ?? flags.text("provider");
  const bucket = fromUrl?.bucket ?? flags.text("bucket");
  if (provider === undefined || bucket === undefined) {
    throw usageError(
      `a new location needs a place: backup-location create ${name} URL, or --provider and --bucket`,
      "for example s3://bucket/prefix",
    );
  }
  if (isDirectory({ provider })) {
    throw usageError(
      "a directory is no location for a server: it would be one of its pod, and gone with it",
      "use a bucket; a directory works with --mode standalone",
    );
  }
  const prefix = (fromUrl?.prefix ?? flags.text("prefix") ?? "").replace(/^\/+|\/+$/g, "");
  const config = { ...fromUrl?.config, ...flags.map("config") };
  const caCert = await caCertOfFlags(invocation);
  return {
    provider: shownProvider(provider),
    objectStorage: {
      bucket,
      ...(prefix === "" ? {} : { prefix }),
      ...(caCert === undefined ? {} : { caCert }),
    },
    ...(Object.keys(config).length === 0 ? {} : { config }),
    ...credentialOfFlags(flags),
    ...(flags.boolean("default") === true ? { default: true } : {}),
    accessMode: (flags.text("access-mode") ?? "ReadWrite") as "ReadOnly" | "ReadWrite",
    ...periodsOfFlags(flags),
  };
}

/**
 * What `set` changes, as a merge patch of `spec`; what was not typed stays. Errors: ARK_USAGE where
 * nothing was typed.
 */
export async function locationPatch(
  invocation: Invocation,
  earlier: BackupStorageLocationSpec,
): Promise<object> {
  const { args, flags } = invocation;
  if (args[1] !== undefined || flags.has("provider")) {
    throw usageError(
      "the place of a server's location is not changed: its backups would be elsewhere",
      "make another with ark-ts backup-location create",
    );
  }
  const unset = flags.list("unset-config") ?? [];
  const strange = unset.find((key) => earlier.config?.[key] === undefined);
  if (strange !== undefined) throw usageError(`--unset-config: ${strange} is not set`);
  const config = {
    ...flags.map("config"),
    ...Object.fromEntries(unset.map((key) => [key, null])),
  };
  const caCert = await caCertOfFlags(invocation);
  const place = {
    ...(caCert === undefined ? {} : { caCert }),
    ...(flags.has("bucket") ? { bucket: flags.text("bucket") } : {}),
    ...(flags.has("prefix") ? { prefix: flags.text("prefix") } : {}),
  };
  const patch = {
    ...(Object.keys(config).length === 0 ? {} : { config }),
    ...(Object.keys(place).length === 0 ? {} : { objectStorage: place }),
    ...credentialOfFlags(flags),
    ...(flags.has("default") ? { default: flags.boolean("default") } : {}),
    ...(flags.has("access-mode") ? { accessMode: flags.text("access-mode") } : {}),
    ...periodsOfFlags(flags),
  };
  if (Object.keys(patch).length > 0) return patch;
  throw usageError("nothing is to be changed", "see ark-ts backup-location set --help");
}

/** `NAME=KEY` of a Secret in the server's namespace. Errors: ARK_USAGE. */
export function credentialOfFlags(flags: FlagValues): {
  readonly credential?: { readonly name: string; readonly key: string };
} {
  const pairs = Object.entries(flags.map("credential") ?? {});
  if (pairs.length === 0) return {};
  const [[name, key] = ["", ""]] = pairs;
  if (pairs.length === 1 && name !== "" && key !== "") return { credential: { name, key } };
  throw usageError("--credential takes one SECRET=KEY: a Secret of the server's namespace");
}

function periodsOfFlags(flags: FlagValues): object {
  const periods = [
    ["backupSyncPeriod", "backup-sync-period"],
    ["validationFrequency", "validation-frequency"],
  ] as const;
  return Object.fromEntries(
    periods.flatMap(([field, flag]) => {
      const text = flags.text(flag);
      if (text === undefined) return [];
      const durationMs = parseGoDuration(text, `--${flag}`);
      if (durationMs < 0) throw usageError(`--${flag}=${text}: must not be less than nothing`);
      return [[field, formatGoDuration(durationMs)]];
    }),
  );
}

/** The file of `--cacert` in base64, as the field holds it. Errors: ARK_USAGE. */
async function caCertOfFlags({ flags, environment }: Invocation): Promise<string | undefined> {
  const path = flags.text("cacert");
  if (path === undefined) return undefined;
  try {
    const text = await readFile(resolve(environment.cwd, path));
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text.toString("base64");
  } catch (error) {
    throw new ArkError("ARK_USAGE", `--cacert: the file "${path}" cannot be read`, {
      answer: (error as Error).message,
      cause: error,
    });
  }
  throw usageError(`--cacert: the file "${path}" holds no certificate in PEM`);
}
