import { compressMember, inflateFile } from "./gzip-member.ts";
import { createShape, parseJson } from "./json-shape.ts";

const maxListBytes = 64 * 1024 * 1024;
/** Two million objects with names of 60 characters. */
const maxResourceListBytes = 128 * 1024 * 1024;
const maxListEntries = 1_000_000;

/** A side file that holds a JSON list: volumes, operations. Nothing to say is an empty list. */
export async function encodeList(entries: readonly unknown[]): Promise<Buffer> {
  return await compressMember(Buffer.from(`${JSON.stringify(entries)}\n`, "utf8"), 6);
}

/** Ours or Velero's, null counts as empty. Errors: ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT. */
export async function decodeList(
  compressed: Uint8Array,
  name: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const shape = createShape("ARK_BACKUP_FORMAT", name);
  const json = await inflateFile(compressed, maxListBytes);
  const value = parseJson(json, "ARK_BACKUP_FORMAT", name);
  return shape.list(value ?? [], "it", maxListEntries, (one, where) => shape.record(one, where));
}

/** `apiVersion/Kind` to names. Errors: ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT. */
export async function decodeResourceList(
  compressed: Uint8Array,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const subject = "the resource list";
  const shape = createShape("ARK_BACKUP_FORMAT", subject);
  const json = await inflateFile(compressed, maxResourceListBytes);
  const top = shape.record(parseJson(json, "ARK_BACKUP_FORMAT", subject) ?? {}, "it");
  return new Map(
    Object.entries(top).map(([key, names]) => [
      key,
      shape.list(names ?? [], key, 10_000_000, (one, where) => shape.text(one, where, 8192)),
    ]),
  );
}
