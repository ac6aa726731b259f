/**
 * What JSON from a bucket may cost before it is parsed: a value takes up to some 60 bytes of
 * memory however short its text is, and depth takes stack in whoever walks over it.
 */
export const maxJsonValues = 8_000_000;
export const maxJsonNesting = 512;
/** Of one resource: etcd's limit of 1.5 MiB has no room for more. */
export const maxResourceValues = 1_000_000;

const quote = 0x22;
const backslash = 0x5c;

/** What exceeds the bounds, as the end of a sentence; undefined when nothing does. One fast pass. */
export function findJsonExcess(bytes: Uint8Array, maxValues = maxJsonValues): string | undefined {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case quote:
        at = stringEnd(bytes, at + 1);
        break;
      case 0x5b:
      case 0x7b:
        depth += 1;
        values += 1;
        if (depth > maxJsonNesting) return `is nested deeper than ${maxJsonNesting}`;
        break;
      case 0x5d:
      case 0x7d:
        depth -= 1;
        break;
      case 0x2c:
        values += 1;
        break;
    }
    if (values > maxValues) return `has more than ${maxValues} values`;
  }
  return undefined;
}

/** Position of the closing quote, or the end of what never closes: the parser will say so. */
function stringEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}
