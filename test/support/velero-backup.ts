import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { groupResource } from "../../src/api/resource-kind.ts";
import { backupKeys } from "../../src/format/keys.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { objectBytes } from "./kube-objects.ts";
import { backupResource, type StoredKind, someObjects } from "./stored-backup.ts";

/** One entry of a hand-made archive, written as tar-stream understands it. */
export interface ArchiveEntry {
  readonly name: string;
  readonly body?: string | Buffer;
  readonly type?: "file" | "symlink" | "link" | "directory" | "character-device";
  readonly linkname?: string;
}

/** gzip of one tar stream, as Velero and every other tool write it. */
export async function tarGz(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, body = "", type = "file", linkname } of entries) {
    archive.entry({ name, mode: 0o755, type, ...(linkname !== undefined && { linkname }) }, body);
  }
  archive.finalize();
  return gzipSync(await buffer(archive));
}

/** Every object twice, as format 1.1.0 has it: at its plain path and in its version's folder. */
export function veleroEntries(kinds: readonly StoredKind[] = someObjects): ArchiveEntry[] {
  const items = kinds.flatMap(({ kind, objects }) =>
    objects.flatMap(({ namespace = "", name, bytes }) => {
      const scope = namespace === "" ? "cluster" : `namespaces/${namespace}`;
      const folder = `resources/${groupResource(kind)}`;
      const body = bytes ?? objectBytes(kind, namespace, name);
      return [
        { name: `${folder}/${scope}/${name}.json`, body },
        { name: `${folder}/${kind.version}-preferredversion/${scope}/${name}.json`, body },
      ];
    }),
  );
  return [{ name: "metadata/version", body: "1.1.0\n" }, ...items];
}

/** A backup as Velero 1.18 leaves it: seal, archive and side files, nothing of ours. */
export async function storeVeleroBackup(
  store: ObjectStore,
  options: {
    readonly name: string;
    readonly entries?: readonly ArchiveEntry[];
    readonly archive?: Buffer;
    readonly volumeSnapshots?: readonly unknown[];
  },
): Promise<void> {
  const signal = new AbortController().signal;
  const keys = backupKeys(options.name);
  const archive = options.archive ?? (await tarGz(options.entries ?? veleroEntries()));
  const json = (value: unknown): Buffer => gzipSync(`${JSON.stringify(value)}\n`);
  const seal = backupResource(options.name, { formatVersion: "1.1.0" });
  const files: readonly (readonly [string, Buffer])[] = [
    [keys.logs, gzipSync('time="2026-01-02T03:04:05Z" level=info msg="done"\n')],
    [keys.archive, archive],
    [keys.podVolumeBackups, json(null)],
    [keys.volumeSnapshots, json(options.volumeSnapshots ?? null)],
    [keys.itemOperations, json([])],
    [keys.resourceList, json({ "v1/ConfigMap": ["shop/settings", "shop/theme", "web/settings"] })],
    [keys.results, json({ warnings: {}, errors: {} })],
    [keys.volumeInfo, json([])],
    [keys.seal, Buffer.from(JSON.stringify(seal, null, 2))],
  ];
  for (const [key, bytes] of files) await store.put(key, bytes, { signal });
}
