import type { RawObject } from "../api/raw-object.ts";
import { decodeJson } from "../lib/json-text.ts";

/** Several stages look into a pod; they share what was decoded as long as its bytes are held. */
const decoded = new WeakMap<RawObject, unknown>();

/** What an object's bytes say; decoded once. The caller must not change it. */
export function decodedObject<Lens>(object: RawObject): Lens {
  let value = decoded.get(object);
  if (value === undefined) {
    value = decodeJson(object.bytes.toString());
    decoded.set(object, value);
  }
  return value as Lens;
}
