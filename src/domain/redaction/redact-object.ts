import { speaksOfSecret } from "./secret-names.ts";

/** Settings of a store that hold no secret; of every other one only the name is shown. */
const harmlessSettings: ReadonlySet<string> = new Set([
  ...["region", "s3Url", "publicUrl", "s3ForcePathStyle", "signatureVersion", "profile", "prefix"],
  ...["bucket", "checksumAlgorithm", "insecureSkipTLSVerify", "serverSideEncryption", "kmsKeyId"],
  ...["enableSharedConfig", "subscriptionId", "resourceGroup", "storageAccount", "project"],
]);

/** Environment variables that say where something is; of every other one only the name is shown. */
const harmlessVariable =
  /(?:_(?:PATH|FILE|DIR|NAMESPACE|NAME|HOST|PORT)|^(?:NAMESPACE|HOME|PATH|TZ|NODE_ENV|NODE_OPTIONS))$/;

/** Shorter values stand in too many other words: they are taken out where they stand, not everywhere. */
const shortestSecret = 8;

export const removed = "[removed]";

/** An object without secrets, and the secrets that were in it, so that texts can be searched for them. */
export interface Redacted {
  readonly object: unknown;
  readonly secrets: ReadonlySet<string>;
}

/**
 * Takes out of an object as the API server has it what may be secret: values of environment
 * variables, settings of stores that are not known to be harmless, user and password in URLs, the
 * copy of the whole that kubectl keeps in an annotation, arguments of hooks, `data` of a Secret, and
 * what is called a password, a token or a key. `managedFields` go as well. Names stay.
 */
export function redactObject(object: unknown): Redacted {
  const secrets = new Set<string>();
  return { object: withoutSecrets(object, [], secrets), secrets };
}

type Path = readonly string[];

function withoutSecrets(value: unknown, path: Path, secrets: Set<string>): unknown {
  if (typeof value === "string") return redactText(value, path, secrets);
  if (Array.isArray(value)) {
    if (path.includes("hooks") && path.at(-1) === "command") return redactArguments(value, secrets);
    if (path.includes("hooks") && path.at(-1) === "args") return redactWords(value, secrets);
    if (path.at(-1) === "env") return value.map((item) => redactVariable(item, secrets));
    return value.map((item) => withoutSecrets(item, path, secrets));
  }
  if (typeof value !== "object" || value === null) return value;
  const isSecret = path.length === 0 && (value as { kind?: unknown }).kind === "Secret";
  const kept = Object.entries(value).filter(([key]) => key !== "managedFields");
  return Object.fromEntries(
    kept.map(([key, inner]) => {
      if (isSecret && (key === "data" || key === "stringData")) return [key, removed];
      return [key, withoutSecrets(inner, [...path, key], secrets)];
    }),
  );
}

function redactText(text: string, path: Path, secrets: Set<string>): string {
  if (path.at(-1)?.endsWith("last-applied-configuration") === true) return removed;
  if (isSecretPlace(path)) return keep(text, secrets);
  return text.replace(/:\/\/([^/\s:@]+):([^/\s@]+)@/g, (_whole, user: string, password: string) => {
    keep(password, secrets);
    return `://${user}:${removed}@`;
  });
}

function isSecretPlace(path: Path): boolean {
  const [name = "", before = "", ...rest] = [...path].reverse();
  if (before === "config" && rest[0] === "spec") return !harmlessSettings.has(name);
  if (name === "downloadURL") return true;
  const isAnnotation = before === "annotations" || before === "labels";
  return speaksOfSecret(name) && (isAnnotation || !isReference(name));
}

/** Names of things, not the things: `secretName`, `tokenExpirationSeconds`. */
function isReference(name: string): boolean {
  return /name$|ref$|seconds$|^credential$|^secret$|^token$/i.test(name);
}

function redactVariable(variable: unknown, secrets: Set<string>): unknown {
  const {
    name = "",
    value,
    ...rest
  } = variable as { readonly name?: string; readonly value?: string };
  if (value === undefined || harmlessVariable.test(name)) return variable;
  return { name, value: keep(value, secrets), ...rest };
}

function redactArguments(words: readonly unknown[], secrets: Set<string>): readonly unknown[] {
  const [program, ...rest] = words;
  return [program, ...redactWords(rest, secrets)];
}

function redactWords(words: readonly unknown[], secrets: Set<string>): readonly unknown[] {
  return words.map((word) => (typeof word === "string" ? keep(word, secrets) : word));
}

function keep(secret: string, secrets: Set<string>): string {
  if (secret.length >= shortestSecret) secrets.add(secret);
  return secret === "" ? "" : removed;
}

/** The text with every one of the secrets taken out, wherever it stands, also in base64. */
export function removeSecrets(text: string, secrets: ReadonlySet<string>): string {
  const all = [...secrets].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    JSON.stringify(secret).slice(1, -1),
  ]);
  // The longest first: one may stand in another.
  const ordered = [...new Set(all)].sort((a, b) => b.length - a.length);
  return ordered
    .reduce((rest, secret) => rest.replaceAll(secret, removed), text)
    .replace(/(last-applied-configuration=).*/g, `$1${removed}`);
}
