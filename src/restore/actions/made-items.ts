import { createFingerprintTable } from "../../lib/fingerprint-table.ts";
import { type JsonObject, parseJson, stringifyJson } from "../../lib/json-text.ts";

/** What actions made of items in this process that cannot be asked again. */
export interface MadeItems {
  keep(key: string, object: JsonObject): void;
  /** "lost": there was too much to keep. Undefined: nothing was kept. */
  recall(key: string): JsonObject | "lost" | undefined;
}

const mark = "0123456789abcdef";

/** `maxText`: characters of JSON that are kept; beyond them 16 bytes an object. */
export function createMadeItems(maxText = 16 * 1024 * 1024): MadeItems {
  const texts = new Map<string, string>();
  const lost = createFingerprintTable();
  let held = 0;
  return {
    keep(key, object) {
      const text = stringifyJson(object);
      held += text.length - (texts.get(key)?.length ?? 0);
      texts.delete(key);
      if (held <= maxText) {
        texts.set(key, text);
        return;
      }
      held -= text.length;
      lost.put(key, mark);
    },
    recall(key) {
      const text = texts.get(key);
      if (text !== undefined) return parseJson(text) as JsonObject;
      return lost.has(key) ? "lost" : undefined;
    },
  };
}
