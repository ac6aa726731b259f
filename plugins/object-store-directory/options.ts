import { isAbsolute, join, resolve, sep } from "node:path";
import {
  assertListPrefix,
  type LocationSpec,
  type OptionDoc,
  parseConfig,
} from "../../src/plugin-sdk/object-store.ts";

export interface DirectoryOptions {
  /** Absolute and normalised. */
  readonly root: string;
}

/** A directory has no settings beyond its path. */
export const directoryOptionDocs: readonly OptionDoc[] = [
  {
    key: "caCert",
    meaning:
      "PEM of `objectStorage.caCert` or `caCertRef`: for who downloads from the server; the directory needs none",
    default: "none",
  },
];

export function parseDirectoryOptions(location: LocationSpec): DirectoryOptions {
  const config = parseConfig(location, directoryOptionDocs);
  const prefix = location.prefix.replace(/^\/+|\/+$/g, "");
  if (!isAbsolute(location.bucket)) {
    config.fault("its path must be absolute, as in file:///srv/backups");
  }
  config.done();
  assertListPrefix(prefix);
  return { root: resolve(join(location.bucket, prefix)) };
}

/** `~/x` for what lies in the home directory. */
export function displayPath(path: string, homeDirectory: string): string {
  if (path === homeDirectory) return "~";
  return path.startsWith(`${homeDirectory}${sep}`) ? `~${path.slice(homeDirectory.length)}` : path;
}
