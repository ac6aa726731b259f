import { gzipSync } from "node:zlib";
import type { Backup, BackupStatus } from "../../src/api/backup.ts";
import { readRawObject } from "../../src/api/read-raw-object.ts";
import { apiVersion, groupResource, type ResourceKind } from "../../src/api/resource-kind.ts";
import { archivePath, versionEntryPath } from "../../src/format/archive-path.ts";
import { encodeIndexLine } from "../../src/format/index-codec.ts";
import type { IndexLine } from "../../src/format/index-line.ts";
import { backupKeys } from "../../src/format/keys.ts";
import type { Manifest, ManifestMember } from "../../src/format/manifest.ts";
import { encodeManifest } from "../../src/format/manifest-codec.ts";
import { normalSha256, sha256 } from "../../src/format/normal-form.ts";
import { encodeResults } from "../../src/format/results.ts";
import { encodeSeal, fillSeal, sealDigest } from "../../src/format/seal.ts";
import { encodeList } from "../../src/format/side-files.ts";
import { tarEnd, tarHeader, tarPadding } from "../../src/format/tar.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { kindOf } from "./kinds.ts";
import { objectBytes } from "./kube-objects.ts";

/** Objects of one kind, each by namespace and name, or with bytes of its own. */
export interface StoredKind {
  readonly kind: ResourceKind;
  readonly objects: readonly {
    readonly namespace?: string;
    readonly name: string;
    readonly bytes?: Buffer;
  }[];
}

export interface StoredBackupOptions {
  readonly name: string;
  readonly kinds?: readonly StoredKind[];
  readonly status?: BackupStatus;
  readonly clusterId?: string;
  /** Of the Backup in the seal. Default `ark-ts`. */
  readonly namespace?: string;
  /** Objects per member. */
  readonly memberObjects?: number;
  /** Bytes per part of the manifest. */
  readonly partBytes?: number;
  /** Changes for tests of readers; they are sealed as if they were right. */
  readonly alterManifest?: (manifest: Manifest) => Manifest;
  readonly alterLine?: (line: IndexLine) => IndexLine | undefined;
}

export const configMaps = kindOf("configmaps", { kind: "ConfigMap" });
export const clusterRoles = kindOf("clusterroles.rbac.authorization.k8s.io", {
  kind: "ClusterRole",
  cluster: true,
});

/** Four objects of two kinds, names with capitals and colons among them. */
export const someObjects: readonly StoredKind[] = [
  {
    kind: clusterRoles,
    objects: [{ name: "Edit:all" }, { name: "system:node" }],
  },
  {
    kind: configMaps,
    objects: [
      { namespace: "shop", name: "settings" },
      { namespace: "shop", name: "theme" },
      { namespace: "web", name: "settings" },
    ],
  },
];

export function backupResource(name: string, status: BackupStatus = {}): Backup {
  return {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name, namespace: "ark-ts", uid: `uid-${name}` },
    spec: { includedNamespaces: ["*"], ttl: "720h0m0s" },
    status: { phase: "Completed", formatVersion: "1.0.0", version: 1, ...status },
  };
}

/** Writes a small sealed backup with the encoders alone: the golden form of format 1. */
export async function storeBackup(
  store: ObjectStore,
  options: StoredBackupOptions,
): Promise<Manifest> {
  const { name, kinds = someObjects } = options;
  const signal = new AbortController().signal;
  const keys = backupKeys(name);
  const { archive, members, lines } = buildArchive(kinds, options.memberObjects ?? 2);
  await store.put(keys.archive, archive, { signal });
  const altered = lines.flatMap((line) => (options.alterLine ?? ((same) => same))(line) ?? []);
  const files = [
    { key: keys.podVolumeBackups, bytes: await encodeList([]) },
    { key: keys.volumeSnapshots, bytes: await encodeList([]) },
    { key: backupKeys(name).volumeInfo, bytes: await encodeList([]) },
    { key: keys.itemOperations, bytes: await encodeList([]) },
    { key: keys.results, bytes: await encodeResults([]) },
    { key: keys.index, bytes: gzipSync(altered.map(encodeIndexLine).join("")) },
  ];
  for (const { key, bytes } of files) await store.put(key, bytes, { signal });
  const backup = backupResource(name, options.status);
  const { namespace = backup.metadata.namespace ?? "" } = options;
  const seal = encodeSeal({ ...backup, metadata: { ...backup.metadata, namespace } });
  const manifest: Manifest = {
    formatVersion: 1,
    requiredFeatures: [],
    backup: name,
    runUid: "7f3c1d9a-0000-4000-8000-000000000001",
    engineVersion: "0.1.0",
    normalForm: 1,
    cluster: {
      id: options.clusterId ?? "cluster-1",
      idSource: "kube-system-uid",
      gitVersion: "v1.34.2",
    },
    planSha256: sha256(Buffer.from("plan")),
    cuts: [{ resourceVersion: "7", takenAt: "2026-01-02T03:04:05Z" }],
    kinds: kinds.map(({ kind, objects }) => ({
      resource: groupResource(kind),
      version: kind.version,
      kind: kind.kind,
      namespaced: kind.namespaced,
      count: objects.length,
      resourceVersion: "7",
      oneRevision: true,
      cut: 0,
    })),
    archive: {
      key: keys.archive,
      sizeBytes: archive.length,
      sha256: sha256(archive),
      parts: inParts(archive, options.partBytes ?? 400),
      members,
    },
    files: files.map(({ key, bytes }) => ({
      name: key.slice(keys.folder.length),
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
    })),
    sealSha256: sealDigest(seal),
  };
  const sealed = options.alterManifest?.(manifest) ?? manifest;
  const manifestBytes = encodeManifest(sealed);
  await store.put(keys.manifest, manifestBytes, { signal });
  await store.put(keys.seal, fillSeal(seal, sha256(manifestBytes)), { signal });
  return sealed;
}

function inParts(archive: Buffer, partBytes: number) {
  const parts: { sizeBytes: number; sha256: string }[] = [];
  for (let at = 0; at < archive.length; at += partBytes) {
    const part = archive.subarray(at, at + partBytes);
    parts.push({ sizeBytes: part.length, sha256: sha256(part) });
  }
  return parts;
}

function entry(path: string, bytes: Buffer): Buffer {
  return Buffer.concat([
    tarHeader(path, bytes.length, 1_767_323_045),
    bytes,
    tarPadding(bytes.length),
  ]);
}

function buildArchive(kinds: readonly StoredKind[], memberObjects: number) {
  const pieces: Buffer[] = [];
  const members: ManifestMember[] = [];
  const lines: IndexLine[] = [];
  let offset = 0;
  const close = (tar: Buffer, resource: string): Buffer => {
    const compressed = gzipSync(tar);
    members.push({ offset, sizeBytes: compressed.length, inflatedBytes: tar.length, resource });
    pieces.push(compressed);
    offset += compressed.length;
    return compressed;
  };
  close(entry(versionEntryPath, Buffer.from("1.0.0\n")), "");
  for (const { kind, objects } of kinds) {
    for (let first = 0; first < objects.length; first += memberObjects) {
      const memberOffset = offset;
      const placed: { line: Omit<IndexLine, "at">; body: number; size: number }[] = [];
      const entries: Buffer[] = [];
      let inflated = 0;
      for (const { namespace = "", name, bytes: own } of objects.slice(
        first,
        first + memberObjects,
      )) {
        const bytes = own ?? objectBytes(kind, namespace, name);
        const whole = entry(archivePath(groupResource(kind), namespace, name), bytes);
        const padding = tarPadding(bytes.length).length;
        const body = inflated + whole.length - bytes.length - padding;
        placed.push({ line: lineOf(kind, namespace, name, bytes), body, size: bytes.length });
        entries.push(whole);
        inflated += whole.length;
      }
      const { length } = close(Buffer.concat(entries), groupResource(kind));
      for (const { line, body, size } of placed) {
        lines.push({ ...line, at: [memberOffset, length, body, size] });
      }
    }
  }
  close(tarEnd, "");
  return { archive: Buffer.concat(pieces), members, lines };
}

function lineOf(
  kind: ResourceKind,
  namespace: string,
  name: string,
  bytes: Buffer,
): Omit<IndexLine, "at"> {
  const json = bytes.toString();
  const object = json.startsWith("{") && json.endsWith("}") ? readRawObject(bytes) : undefined;
  return {
    resource: groupResource(kind),
    version: apiVersion(kind),
    kind: kind.kind,
    ...(namespace !== "" && { namespace }),
    name,
    uid: object?.uid ?? "",
    resourceVersion: object?.resourceVersion ?? "",
    sha256: sha256(bytes),
    normalSha256: object === undefined ? sha256(bytes) : normalSha256(object),
  };
}
