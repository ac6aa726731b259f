import { resolve } from "node:path";
import type { LocationSpec } from "../plugin-sdk/object-store-plugin.ts";
import type { StoredLocation } from "./config/cli-config.ts";
import type { FlagValues } from "./flag-values.ts";
import { isDirectory } from "./locations.ts";
import { usageError } from "./usage-error.ts";

export interface LocationChange {
  readonly name: string;
  readonly cwd: string;
  /** Absolute path of `--cacert`. */
  readonly caFile: string | undefined;
  /** What is kept under the name. */
  readonly earlier: StoredLocation | undefined;
  readonly fromUrl: LocationSpec | undefined;
}

/**
 * The location after `backup-location set`: what was kept, changed by what was typed. Errors: ARK_USAGE.
 */
export function changeLocation(flags: FlagValues, change: LocationChange): StoredLocation {
  const { earlier, fromUrl, caFile } = change;
  const [placed] = ["provider", "bucket", "prefix"].filter((flag) => flags.has(flag));
  if (fromUrl !== undefined && placed !== undefined) {
    throw usageError(`--${placed} has no effect beside a URL, which says it already`);
  }
  const provider = fromUrl?.provider ?? flags.text("provider") ?? earlier?.provider;
  const bucket = fromUrl?.bucket ?? flags.text("bucket") ?? earlier?.bucket;
  if (provider === undefined || bucket === undefined) {
    throw usageError(
      `a new location needs a place: backup-location set ${change.name} URL, or --provider and --bucket`,
      "for example s3://bucket/prefix or file:///path",
    );
  }
  const own = provider === earlier?.provider ? earlier.config : {};
  const config: Record<string, string> = { ...own, ...fromUrl?.config, ...flags.map("config") };
  const profile = flags.text("profile");
  if (profile !== undefined) config["profile"] = profile;
  if (caFile !== undefined) config["caCert"] = caFile;
  const unset = flags.list("unset-config") ?? [];
  const strange = unset.find((key) => config[key] === undefined);
  if (strange !== undefined) throw usageError(`--unset-config: ${strange} is not set`);
  const prefix = fromUrl?.prefix ?? flags.text("prefix") ?? earlier?.prefix ?? "";
  return {
    provider,
    bucket: isDirectory({ provider }) ? resolve(change.cwd, bucket) : bucket,
    prefix: prefix.replace(/^\/+|\/+$/g, ""),
    config: Object.fromEntries(Object.entries(config).filter(([key]) => !unset.includes(key))),
  };
}
