import { ArkError } from "../../../lib/errors.ts";
import { equalJson } from "../../../lib/json-equal.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../../lib/json-text.ts";

/**
 * What a plugin answered, where it means something else than what it was given: most answer the
 * same object written anew, with other order and numbers cut to what they can hold.
 * Errors: ARK_PLUGIN_PROTOCOL.
 */
export function changedItem(
  given: Uint8Array,
  answered: Uint8Array,
  display: string,
): { readonly bytes: Buffer; readonly object: JsonObject } | undefined {
  if (answered.length === 0 || Buffer.compare(given, answered) === 0) return undefined;
  const bytes = Buffer.from(answered);
  const object = readItem(bytes, display);
  return equalJson(object, readItem(Buffer.from(given), display)) ? undefined : { bytes, object };
}

function readItem(bytes: Buffer, display: string): JsonObject {
  try {
    const value = parseJson(bytes.toString("utf8"));
    if (isJsonObject(value)) return value;
  } catch {
    // Told below.
  }
  throw new ArkError(
    "ARK_PLUGIN_PROTOCOL",
    `plugin ${JSON.stringify(display)} answered an item that is no JSON object`,
    { answer: bytes.toString("utf8", 0, 200) },
  );
}

/** The annotations of an object; empty where there are none. */
export function annotationsOf(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  const annotations = isJsonObject(metadata) ? metadata["annotations"] : undefined;
  return isJsonObject(annotations) ? annotations : {};
}

/** `object` without one annotation. */
export function withoutAnnotation(object: JsonObject, name: string): JsonObject {
  const metadata = object["metadata"];
  if (!isJsonObject(metadata)) return object;
  const { [name]: _, ...annotations } = annotationsOf(object);
  return { ...object, metadata: { ...metadata, annotations } };
}
