/** The few DER encodings that an X.509 certificate is made of. */

export type Der = Uint8Array;

/** One tag, length and value; the value is the parts one after the other. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Der {
  const value = Buffer.concat(parts);
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const hex = value.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, value]);
}

export const sequence = (...parts: readonly Der[]): Der => tlv(0x30, ...parts);
export const set = (...parts: readonly Der[]): Der => tlv(0x31, ...parts);
export const octetString = (value: Uint8Array): Der => tlv(0x04, value);
export const utf8String = (text: string): Der => tlv(0x0c, Buffer.from(text, "utf8"));
export const boolean = (value: boolean): Der => tlv(0x01, Buffer.from([value ? 0xff : 0]));

/** `[n]` around a whole encoding. */
export const explicit = (n: number, value: Der): Der => tlv(0xa0 | n, value);

/** `[n]` in place of the own tag of a primitive value. */
export const implicit = (n: number, value: Uint8Array): Der => tlv(0x80 | n, value);

/** A non-negative integer of big-endian bytes. */
export function integer(bytes: Uint8Array): Der {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  const negative = ((digits[0] ?? 0) & 0x80) !== 0;
  return tlv(0x02, negative ? Buffer.from([0]) : Buffer.alloc(0), digits);
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Der {
  return tlv(0x03, Buffer.from([unusedBits]), bytes);
}

export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** Seconds are kept, as RFC 5280 asks; years until 2049. */
export function utcTime(date: Date): Der {
  const digits = date.toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return tlv(0x17, Buffer.from(`${digits}Z`, "ascii"));
}
