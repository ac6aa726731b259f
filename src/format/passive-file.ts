import { createShape } from "./json-shape.ts";
import { decodeList, encodeList } from "./side-files.ts";

/** An object that a passive restore has created, by its place in the target. */
export interface PassiveItem {
  /** Group-resource. */
  readonly resource: string;
  /** `apiVersion`. */
  readonly version: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** `ark-passive.json.gz`: one JSON array. */
export async function encodePassive(items: readonly PassiveItem[]): Promise<Buffer> {
  return await encodeList(items);
}

/** Errors: ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT. */
export async function decodePassive(
  bytes: Uint8Array,
  key: string,
): Promise<readonly PassiveItem[]> {
  const shape = createShape("ARK_BACKUP_FORMAT", key);
  return (await decodeList(bytes, key)).map((row, at) => {
    const text = (field: string): string => shape.text(row[field], `${field} of item ${at}`);
    return {
      resource: text("resource"),
      version: text("version"),
      namespace: text("namespace"),
      name: text("name"),
      uid: text("uid"),
    };
  });
}
