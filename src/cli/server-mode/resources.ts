import {
  type CustomResource,
  definitionName,
  type ResourceOf,
  resourceKindOf,
} from "../../api/custom-resource.ts";
import { closestMatch } from "../../lib/closest-match.ts";
import { ArkError, type ErrorCode, hasCode } from "../../lib/errors.ts";
import { decodeJson } from "../../lib/json-text.ts";
import { listAll } from "../../runtime/list-all.ts";
import type { ServerAccess } from "./server-access.ts";

/** Objects in a page of a list. */
const pageSize = 500;

/** What a client may write of a new object; the namespace is the server's. */
export interface NewObject {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
}

/** The objects of one kind in the server's namespace, as a client uses them. */
export interface Resources<T> {
  /** For people: `backup`, `backup location`. */
  readonly noun: string;
  /** Undefined: there is none. */
  find(name: string): Promise<T | undefined>;
  /** Errors: that there is none, naming the closest match. */
  get(name: string): Promise<T>;
  /** By name. `selector` in the API server's notation. */
  list(selector?: string): Promise<readonly T[]>;
  /** Errors: ARK_NAME_TAKEN. */
  create(object: NewObject): Promise<T>;
  /** A merge patch. Errors: that there is none. */
  patch(name: string, change: object): Promise<T>;
  /** False: it was gone already. With `uid` another object of the name stays (ARK_API_CONFLICT). */
  remove(name: string, uid?: string): Promise<boolean>;
}

const nouns: Readonly<Record<string, string>> = {
  BackupStorageLocation: "backup location",
  VolumeSnapshotLocation: "snapshot location",
  DeleteBackupRequest: "delete request",
  DownloadRequest: "download request",
  ServerStatusRequest: "status request",
  BackupRepository: "backup repository",
};

const missingCodes: Readonly<Record<string, ErrorCode>> = {
  Backup: "ARK_BACKUP_NOT_FOUND",
  Restore: "ARK_RESTORE_NOT_FOUND",
  BackupStorageLocation: "ARK_LOCATION_UNKNOWN",
};

/**
 * Errors of every call are sentences with code ARK_API_*; that the kinds are not served, or there
 * is no such namespace, says how a server is set up.
 */
export function resourcesOf<K extends CustomResource>(
  described: K,
  server: ServerAccess,
  signal: AbortSignal,
): Resources<ResourceOf<K>> {
  type T = ResourceOf<K>;
  const { cluster, namespace } = server;
  const kind = resourceKindOf(described);
  const noun = nouns[described.kind] ?? described.kind.toLowerCase();
  const ref = (name: string) => ({ kind, namespace, name });
  const decode = ({ bytes }: { readonly bytes: Buffer }) => decodeJson(bytes.toString("utf8")) as T;
  const find = async (name: string) => {
    const raw = await cluster.get(ref(name), { signal });
    return raw === undefined ? undefined : decode(raw);
  };
  const list = async (labelSelector = "") => {
    const found: T[] = [];
    const scope = { kind, namespace, ...(labelSelector === "" ? {} : { labelSelector }) };
    try {
      await listAll(cluster, scope, pageSize, (raw) => found.push(decode(raw)), signal);
    } catch (thrown) {
      throw notServed(thrown, described, server);
    }
    return found.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  };
  const missing = async (name: string) => {
    const names = (await list()).map(({ metadata }) => metadata.name);
    const near = closestMatch(name, names);
    const code = missingCodes[described.kind] ?? "ARK_API_NOT_FOUND";
    return new ArkError(code, `there is no ${noun} "${name}" in ${placeOf(server)}`, {
      advice: near === undefined ? adviceOf(described, noun) : `did you mean ${near}?`,
    });
  };
  return {
    noun,
    find,
    list,
    async get(name) {
      const found = await find(name);
      if (found === undefined) throw await missing(name);
      return found;
    },
    async create({ name, labels = {}, annotations = {}, spec }) {
      const body = {
        apiVersion: `velero.io/${described.version}`,
        kind: described.kind,
        metadata: {
          name,
          namespace,
          ...filled("labels", labels),
          ...filled("annotations", annotations),
        },
        spec: spec ?? {},
      };
      try {
        return decode(
          await cluster.create(ref(name), Buffer.from(JSON.stringify(body)), { signal }),
        );
      } catch (thrown) {
        throw hasCode(thrown, "ARK_API_CONFLICT")
          ? taken(noun, name, server, thrown)
          : notServed(thrown, described, server);
      }
    },
    async patch(name, change) {
      const body = Buffer.from(JSON.stringify(change));
      try {
        return decode(await cluster.patch(ref(name), "merge", body, { signal }));
      } catch (thrown) {
        throw hasCode(thrown, "ARK_API_NOT_FOUND") ? await missing(name) : thrown;
      }
    },
    remove: (name, uid) =>
      cluster.remove(ref(name), { signal, ...(uid === undefined ? {} : { uid }) }),
  };
}

/** Nothing where the map is empty. */
function filled(key: string, map: Readonly<Record<string, string>>): object {
  return Object.keys(map).length === 0 ? {} : { [key]: map };
}

/** `namespace ark-ts of context kind-prod`. */
export function placeOf({ namespace, context }: ServerAccess): string {
  return context === "" ? `namespace ${namespace}` : `namespace ${namespace} of context ${context}`;
}

function adviceOf({ kind, plural }: CustomResource, noun: string): string {
  const command = kind === "Backup" || kind === "Restore" || kind === "Schedule" ? noun : undefined;
  return command === undefined
    ? `see what is there with: kubectl get ${plural}.velero.io`
    : `see what is there with: ark-ts ${command} get`;
}

function taken(noun: string, name: string, server: ServerAccess, cause: unknown): ArkError {
  return new ArkError(
    "ARK_NAME_TAKEN",
    `there is a ${noun} "${name}" in ${placeOf(server)} already`,
    { advice: "choose another name, or delete that one first", cause },
  );
}

/** 404 to a list or a create: no such kind, or no such namespace. */
function notServed(thrown: unknown, described: CustomResource, server: ServerAccess): unknown {
  if (!hasCode(thrown, "ARK_API_NOT_FOUND")) return thrown;
  return new ArkError(
    "ARK_API_NOT_FOUND",
    `there is no ark-ts server in ${placeOf(server)}: ${definitionName(described)} or the namespace is not there`,
    {
      answer: thrown.answer ?? thrown.message,
      advice:
        "-n names the namespace of the server; ark-ts install sets one up; --mode standalone does without",
      cause: thrown,
    },
  );
}
