import { gunzipSync } from "node:zlib";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import type { BackupReport, BackupRequest } from "../../src/backup/backup-run.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import type { VerifyReport } from "../../src/catalog/verify-report.ts";
import type { IndexLine } from "../../src/format/index-line.ts";
import { readTar } from "../../src/format/tar-reader.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { type ApiServer, createApiServer } from "../support/api-server/api-server.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import { backupRequest, silentLog } from "../support/take-backup.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

export interface VersionsWorld {
  readonly server: ApiServer;
  readonly cluster: Cluster;
  readonly store: MemoryStore;
  /** Serves the kind in these versions, the first one stored. */
  define(plural: string, versions: readonly string[]): void;
  add(
    kind: string,
    version: string,
    place: string,
    labels?: Readonly<Record<string, string>>,
  ): void;
  take(
    spec?: BackupSpec,
    more?: Partial<BackupRequest>,
    ports?: { readonly cluster: Cluster; readonly store: ObjectStore },
  ): Promise<BackupReport>;
  /** Paths and bodies of the archive, in its order. */
  entries(): Promise<readonly (readonly [path: string, body: string])[]>;
  versionLines(): readonly IndexLine[];
  verify(): Promise<VerifyReport>;
}

const signal = new AbortController().signal;

/** An empty cluster and a store; a backup is called b and takes all versions. */
export function createVersionsWorld(): VersionsWorld {
  const clock = createVirtualClock({ jump: true, watchFromMs: 30_000 });
  const server = createApiServer({ clock });
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const store = createMemoryStore();
  server.seed({
    ...{ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
    status: { phase: "Active" },
  });
  return {
    server,
    cluster,
    store,
    define(plural, versions) {
      const kind = plural[0]!.toUpperCase() + plural.slice(1, -1);
      server.seed({
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${plural}.music.example` },
        spec: {
          group: "music.example",
          scope: "Namespaced",
          names: { plural, singular: plural.slice(0, -1), kind, listKind: `${kind}List` },
          versions: versions.map((name, at) => ({ name, served: true, storage: at === 0 })),
        },
      });
    },
    add(kind, version, place, labels = {}) {
      const [namespace, name] = place.split("/");
      const metadata = { namespace: namespace!, name: name!, labels };
      server.seed({
        apiVersion: `music.example/${version}`,
        ...{ kind, metadata, spec: { of: place, padding: "x".repeat(200) } },
      });
    },
    take: (spec = {}, more = {}, ports = { cluster, store }) =>
      runBackup(
        { ...backupRequest("b", spec), allApiVersions: true, ...more },
        { ...ports, clock, log: silentLog, liveness: () => "gone" },
        signal,
      ),
    async entries() {
      const bytes = gunzipSync(store.bytes("backups/b/b.tar.gz"));
      const found: (readonly [string, string])[] = [];
      const chunks = (async function* () {
        yield bytes;
      })();
      for await (const entry of readTar(chunks, { signal })) {
        found.push([entry.path, entry.bytes.toString()]);
      }
      return found;
    },
    versionLines: () =>
      gunzipSync(store.bytes("backups/b/ark-versions.ndjson.gz"))
        .toString()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as IndexLine),
    verify: () => verifyBackup(store, "b", { level: "objects", signal }),
  };
}
