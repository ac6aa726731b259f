import { compressMember, inflateFile } from "./gzip-member.ts";
import { createGzipText } from "./gzip-text.ts";
import { createShape, parseJson } from "./json-shape.ts";
import { decodeWritten, type WrittenForm } from "./restore-journal.ts";

export const changeActions = ["created", "updated", "recreated", "deleted"] as const;

/** One line of `restores/<r>/ark-changes.ndjson.gz`: an object of the cluster that a restore changed. */
export interface RestoreChange {
  readonly action: (typeof changeActions)[number];
  readonly resource: string;
  /** `apiVersion` that it was written with. */
  readonly version: string;
  readonly kind: string;
  /** Empty: cluster-scoped. Names are those of the cluster. */
  readonly namespace: string;
  readonly name: string;
  /** Of the object that is there since; of a deleted one the uid that it had. Empty: not known. */
  readonly uid: string;
  /** Absent for what was deleted, or where it could not be seen. */
  readonly written?: WrittenForm;
  /** The API server never answered: it may not have been done. Absent: it was. */
  readonly unanswered?: boolean;
}

export interface ChangesBuilder {
  add(change: RestoreChange): void;
  /**
   * The whole file; to be called once, last. `cluster`: the one that was changed.
   */
  finish(cluster: ChangedCluster): Promise<Buffer>;
}

export interface ChangedCluster {
  /** Empty where it is not known. */
  readonly id: string;
  /** Hex SHA-256 of the API server's CA and URL, as the restore reached it. Absent: not known. */
  readonly serverSha256?: string;
}

/** Memory is the compressed list. */
export function createChangesBuilder(): ChangesBuilder {
  const text = createGzipText();
  return {
    add: (change) => text.append(`${JSON.stringify(change)}\n`),
    async finish({ id: cluster, serverSha256 }) {
      const first = { formatVersion: 1, cluster, serverSha256 };
      const header = Buffer.from(`${JSON.stringify(first)}\n`);
      return Buffer.concat([await compressMember(header, 6), await text.finish()]);
    },
  };
}

const maxChangesBytes = 1024 * 1024 * 1024;
/** Bound for a reader of the file as it is stored. */
export const maxChangesFileBytes = 256 * 1024 * 1024;
const maxNameLength = 1024;

export interface RestoreChanges {
  readonly cluster: ChangedCluster;
  /** In the order in which they were made, but for those of processes that died. */
  readonly changes: readonly RestoreChange[];
}

/** Errors: ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT for a version unknown here. */
export async function decodeChanges(bytes: Uint8Array, restore: string): Promise<RestoreChanges> {
  const code = "ARK_BACKUP_DAMAGED";
  const subject = `the list of changes of restore "${restore}"`;
  const shape = createShape(code, subject);
  const text = await inflateFile(bytes, maxChangesBytes);
  const found: RestoreChange[] = [];
  const first = text.indexOf(0x0a);
  const header = shape.record(parseJson(text.subarray(0, Math.max(0, first)), code, subject), "it");
  if (header["formatVersion"] !== 1) {
    throw createShape("ARK_BACKUP_FORMAT", subject).fail("it", "has a version unknown here");
  }
  let start = first + 1;
  for (let end = text.indexOf(0x0a, start); end !== -1; end = text.indexOf(0x0a, start)) {
    const where = `line ${found.length + 1}`;
    const row = shape.record(parseJson(text.subarray(start, end), code, subject), where);
    const name = (value: unknown): string => shape.text(value, where, maxNameLength);
    const { written, unanswered } = row;
    found.push({
      action: shape.oneOf(row["action"], where, changeActions),
      resource: name(row["resource"]),
      version: name(row["version"]),
      kind: name(row["kind"]),
      namespace: name(row["namespace"]),
      name: name(row["name"]),
      uid: name(row["uid"]),
      ...(written === undefined ? {} : { written: decodeWritten(shape, written, where) }),
      ...(unanswered === true ? { unanswered } : {}),
    });
    start = end + 1;
  }
  const id = shape.text(header["cluster"], "cluster", maxNameLength);
  const { serverSha256 } = header;
  const server =
    serverSha256 === undefined ? {} : { serverSha256: shape.sha256(serverSha256, "serverSha256") };
  return { cluster: { id, ...server }, changes: found };
}
