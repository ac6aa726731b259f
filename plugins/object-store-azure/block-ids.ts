/**
 * Names of an upload's blocks. Azure wants all of a blob to be of one length, and keeps those of
 * all uploads of one blob together: each holds its upload's mark (16 bytes), the number of the part
 * (4) and, so that only what a receipt names is ever committed, the body's MD5 (16).
 */
export interface BlockId {
  readonly mark: string;
  readonly number: number;
  /** Hexadecimal, 32 digits. */
  readonly md5: string;
}

/** The block by which an upload without parts is known. */
export const startNumber = 0;
/** The block that says that an upload was given up: Azure itself knows no such thing. */
export const endNumber = 0xff_ff_ff_ff;
export const noMd5 = "0".repeat(32);

export function encodeBlockId({ mark, number, md5 }: BlockId): string {
  const digits = number.toString(16).padStart(8, "0");
  return Buffer.from(`${mark.replaceAll("-", "")}${digits}${md5}`, "hex").toString("base64");
}

/** Undefined for a name that others have given. */
export function decodeBlockId(name: string): BlockId | undefined {
  const bytes = Buffer.from(name, "base64");
  if (bytes.length !== 36) return undefined;
  const hex = bytes.toString("hex");
  const mark = hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return { mark, number: bytes.readUInt32BE(16), md5: hex.slice(40) };
}
