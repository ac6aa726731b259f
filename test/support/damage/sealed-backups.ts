import { createHash } from "node:crypto";
import { connectCluster } from "../../../src/adapters/kube/connect-cluster.ts";
import { backupKeys } from "../../../src/format/keys.ts";
import type { Cluster } from "../../../src/ports/cluster.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { createApiServer } from "../api-server/api-server.ts";
import { createMemoryStore, type MemoryStore } from "../memory-store.ts";
import { plainAccess } from "../plain-access.ts";
import { backupRequest, takeBackup } from "../take-backup.ts";
import { createVirtualClock } from "../virtual-clock.ts";

export type StoredFiles = ReadonlyMap<string, Buffer>;

/** What the engine itself has sealed, for tests that damage it. */
export interface SealedBackups {
  readonly cluster: Cluster;
  /** Requests other than GET since the backups were sealed. */
  readonly writes: () => number;
  /** Backup `b`, as it is. */
  readonly files: StoredFiles;
  /** Backup `b` as it was before: the same name, an earlier state of the same cluster. */
  readonly older: StoredFiles;
  /** Backup `c` of the same state. */
  readonly other: StoredFiles;
}

export const name = "b";
export const keys = backupKeys(name);

/** Hardly compressible, and the same at each call. */
export function noise(seed: string, length: number): string {
  let text = "";
  for (let at = 0; text.length < length; at += 1) {
    text += createHash("sha512").update(`${seed}${at}`).digest("base64");
  }
  return text.slice(0, length);
}

export async function sealBackups(): Promise<SealedBackups> {
  const clock = createVirtualClock({ jump: true });
  const server = createApiServer({ clock });
  const object = (kind: string, place: number, data: string) => ({
    apiVersion: "v1",
    kind,
    metadata: { name: `${kind.toLowerCase()}-${place}`, namespace: "shop" },
    data: { value: data },
  });
  server.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  for (let at = 0; at < 40; at += 1) {
    server.seed(object("ConfigMap", at, noise(`c${at}`, 300)));
    server.seed(object("Secret", at, Buffer.from(noise(`s${at}`, 200)).toString("base64")));
  }
  let writes = 0;
  server.faults = ({ method }) => {
    if (method !== "GET") writes += 1;
    return undefined;
  };
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const store = createMemoryStore({ now: clock.now });
  await takeBackup(cluster, store, backupRequest(name, {}));
  const older = filesOf(store, keys.folder);
  const signal = new AbortController().signal;
  for (const key of store.keys()) await store.remove(key, { signal });
  server.seed(object("ConfigMap", 40, noise("new", 300)));
  await takeBackup(cluster, store, backupRequest(name, {}));
  await takeBackup(cluster, store, backupRequest("c", {}));
  writes = 0;
  return {
    cluster,
    writes: () => writes,
    files: filesOf(store, keys.folder),
    older,
    other: filesOf(store, backupKeys("c").folder),
  };
}

function filesOf(store: MemoryStore, folder: string): StoredFiles {
  const found = store.keys().filter((key) => key.startsWith(folder));
  return new Map(found.map((key) => [key, Buffer.from(store.bytes(key))]));
}

/** A copy in a store of its own. */
export async function storeFiles<S extends ObjectStore>(store: S, files: StoredFiles): Promise<S> {
  const signal = new AbortController().signal;
  for (const [key, bytes] of files) await store.put(key, bytes, { signal });
  return store;
}
