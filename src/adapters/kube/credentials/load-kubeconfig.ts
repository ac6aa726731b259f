import type { Cluster, Context, User } from "@kubernetes/client-node";
import { load, YAMLException } from "js-yaml";
import { ArkError } from "../../../lib/errors.ts";
import { decodeJson } from "../../../lib/json-text.ts";
import type { ClusterEntry, ContextEntry, UserEntry } from "./kubeconfig-entries.ts";
import type { KubeconfigFile } from "./kubeconfig-files.ts";
import { toClusterEntry, toUserEntry } from "./read-entries.ts";
import { type Fields, fieldsAt, isFields, listAt, textAt } from "./yaml-fields.ts";

/** Several files seen as one. */
export interface Kubeconfig {
  readonly paths: readonly string[];
  /** "" when no file sets one. */
  readonly currentContext: string;
  readonly contextNames: readonly string[];
  context(name: string): ContextEntry | undefined;
  cluster(name: string): ClusterEntry | undefined;
  user(name: string): UserEntry | undefined;
  /** What stands below the name of an entry, as it is; relative paths start at `folder`. */
  fields(kind: EntryKind, name: string): EntryFields | undefined;
}

export interface EntryFields {
  readonly fields: Fields;
  readonly folder: string;
}

type EntryKind = "contexts" | "clusters" | "users";

/** One file, read twice: as KubeConfig reads it, and as plain YAML for what KubeConfig drops. */
interface ParsedFile extends KubeconfigFile {
  readonly document: Fields;
  readonly contexts: readonly Context[];
  readonly clusters: readonly Cluster[];
  readonly users: readonly User[];
}

/** What KubeConfig filters out is told when it is asked for. */
const lenient = { onInvalidEntry: "filter" } as const;

/**
 * Merges as kubectl does: of a name and of `current-context` the first file that has it wins.
 * An entry that is broken matters only when it is asked for. Throws ARK_KUBECONFIG_INVALID.
 */
export async function loadKubeconfig(files: readonly KubeconfigFile[]): Promise<Kubeconfig> {
  // The readers behind KubeConfig, without the client of the whole API that its module loads:
  // 53 MiB of memory and 450 ms of CPU in every command.
  const readers = await import("@kubernetes/client-node/dist/config_types.js");
  const parsed = files.map((file): ParsedFile => {
    const document = parseDocument(file);
    // Through JSON: a name that looks like a date is text again.
    const { contexts, clusters, users } = decodeJson(JSON.stringify(document)) as Fields;
    return {
      ...file,
      document,
      contexts: readers.newContexts(contexts, lenient),
      clusters: readers.newClusters(clusters, lenient),
      users: readers.newUsers(users, lenient),
    };
  });
  const currents = parsed.map((file) => textAt(file.document, "current-context", file.path));
  return {
    paths: files.map((file) => file.path),
    currentContext: currents.find((name) => name !== undefined) ?? "",
    contextNames: [...new Set(parsed.flatMap((file) => namesOf(file, "contexts")))],
    context: (name) => {
      const file = ownerOf(parsed, "contexts", name);
      const found = file?.contexts.find((entry) => entry.name === name);
      if (!found) return undefined;
      const { cluster, user, namespace } = found;
      return { name, cluster, user: user ?? "", namespace: String(namespace ?? "") };
    },
    cluster: (name) => {
      const file = ownerOf(parsed, "clusters", name);
      const found = file?.clusters.find((entry) => entry.name === name);
      if (!file || !found) return undefined;
      return toClusterEntry(found, entryFields(file, "clusters", name), file.folder);
    },
    user: (name) => {
      const file = ownerOf(parsed, "users", name);
      const found = file?.users.find((entry) => entry.name === name);
      if (!file || !found) return undefined;
      return toUserEntry(found, entryFields(file, "users", name), file.folder);
    },
    fields: (kind, name) => {
      const file = ownerOf(parsed, kind, name);
      return file && { fields: entryFields(file, kind, name), folder: file.folder };
    },
  };
}

/** The parser's message quotes the line, which may hold a secret: only reason and place are kept. */
function parseDocument(file: KubeconfigFile): Fields {
  if (/^\s*(#[^\n]*\s*)*$/.test(file.text)) return {};
  let document: unknown;
  try {
    document = load(file.text);
  } catch (error) {
    const mark = error instanceof YAMLException ? error.mark : undefined;
    const reason = error instanceof YAMLException ? error.reason : "it cannot be parsed";
    const place = mark ? ` (line ${mark.line + 1}, column ${mark.column + 1})` : "";
    throw invalidFile(file, `${reason}${place}`);
  }
  if (document === null || document === undefined) return {};
  if (!isFields(document)) throw invalidFile(file, "it is not a mapping");
  const kind = document["kind"];
  if (kind !== undefined && kind !== "Config") {
    throw invalidFile(file, `its kind is not Config`);
  }
  for (const kindOfEntry of ["contexts", "clusters", "users"]) {
    listAt(document, kindOfEntry, file.path);
  }
  return document;
}

function invalidFile(file: KubeconfigFile, answer: string): ArkError {
  return new ArkError("ARK_KUBECONFIG_INVALID", `"${file.path}" is not a valid kubeconfig`, {
    tried: `read "${file.path}" as YAML`,
    answer,
    advice: "correct the file, or name another with --kubeconfig",
  });
}

function namesOf(file: ParsedFile, kind: EntryKind): string[] {
  return listAt(file.document, kind, file.path)
    .map((entry) => (isFields(entry) ? entry["name"] : undefined))
    .filter((name): name is string => typeof name === "string" && name !== "");
}

function ownerOf(files: readonly ParsedFile[], kind: EntryKind, name: string) {
  return files.find((file) => namesOf(file, kind).includes(name));
}

const innerKeys = { contexts: "context", clusters: "cluster", users: "user" } as const;

function entryFields(file: ParsedFile, kind: EntryKind, name: string): Fields {
  const entry = listAt(file.document, kind, file.path).find(
    (candidate) => isFields(candidate) && candidate["name"] === name,
  );
  const inner = innerKeys[kind];
  return isFields(entry) ? fieldsAt(entry, inner, `${inner} "${name}"`) : {};
}
