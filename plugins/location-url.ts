import { isAbsolute, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { ArkError, type LocationSpec } from "../src/plugin-sdk/object-store.ts";

/** How a URL of one scheme names a place. */
export interface UrlForm {
  readonly scheme: string;
  readonly provider: string;
  /** `path`: the path is the place. `bucket`: host is the bucket, path the prefix, query the config. */
  readonly shape: "path" | "bucket";
  /** For people, where the place is a bucket: what stands behind it, such as `?region=…`. */
  readonly query?: string;
  /** Short names that may stand in the query for config keys. */
  readonly queryAliases: Readonly<Record<string, string>>;
  /** Config keys that other keys of a URL bring along, unless they are given. */
  readonly implied: (config: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

/**
 * Whether the text is a URL or a path, and not the name of a configured location. Relative paths
 * and `~/` are for the caller to resolve.
 */
export function isLocationUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^(?:\/|\.{1,2}(?:\/|$)|~\/)/.test(text);
}

/** Errors: ARK_USAGE for a scheme that is not known or a URL that names no place. */
export function locationOfUrl(text: string, forms: readonly UrlForm[]): LocationSpec {
  if (text.startsWith("/")) return toPathLocation(text);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  const form = forms.find((candidate) => candidate.scheme === scheme);
  if (form === undefined || !URL.canParse(text)) throw invalidUrl(text, forms);
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw credentialsInUrl(url);
  return form.shape === "path" ? toFileLocation(text, url) : toBucketLocation(text, url, form);
}

function toPathLocation(path: string): LocationSpec {
  return { provider: "directory", bucket: normalize(path), prefix: "", config: {} };
}

function toFileLocation(text: string, url: URL): LocationSpec {
  const plain = url.search === "" && url.hash === "";
  const local = url.hostname === "" || url.hostname === "localhost";
  if (!plain || !local) {
    throw usage(text, "a file URL has three slashes and a path only: file:///srv/backups");
  }
  try {
    const path = fileURLToPath(`file://${url.pathname}`);
    if (isAbsolute(path)) return toPathLocation(path);
  } catch {
    // Falls through: a path that cannot be decoded, such as one with %2F.
  }
  throw usage(text, "its path cannot be read: write file:///srv/backups");
}

function toBucketLocation(text: string, url: URL, form: UrlForm): LocationSpec {
  if (url.hostname === "" || url.port !== "" || url.hash !== "") {
    throw usage(text, `write ${form.scheme}://BUCKET/PREFIX${form.query ?? ""}`);
  }
  const config: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    const key = Object.hasOwn(form.queryAliases, name) ? form.queryAliases[name] : name;
    if (key === undefined || Object.hasOwn(config, key))
      throw usage(text, `${name} is given twice`);
    config[key] = value;
  }
  return {
    provider: form.provider,
    bucket: url.hostname,
    prefix: decodePrefix(text, url),
    config: { ...form.implied(config), ...config },
  };
}

function decodePrefix(text: string, url: URL): string {
  try {
    return decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, "");
  } catch {
    throw usage(text, "its prefix has a broken % escape");
  }
}

function invalidUrl(text: string, forms: readonly UrlForm[]): ArkError {
  const schemes = forms.map(({ scheme, shape }) =>
    shape === "path" ? `${scheme}:///path` : `${scheme}://bucket/prefix`,
  );
  return usage(text, `known forms: ${schemes.join(", ")}, or an absolute path`);
}

function credentialsInUrl(url: URL): ArkError {
  return new ArkError("ARK_USAGE", `the location URL of ${url.host} holds credentials`, {
    advice: "leave them out; give a profile or a credentials file, or set them in the environment",
  });
}

function usage(text: string, advice: string): ArkError {
  return new ArkError("ARK_USAGE", `${JSON.stringify(text)} is not the URL of a backup location`, {
    advice,
  });
}
