import { ArkError } from "../../lib/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../lib/json-text.ts";

/** Errors: ARK_JSON_INVALID. */
export function readObject(bytes: Buffer, what: string): JsonObject {
  try {
    const value = parseJson(bytes.toString("utf8"));
    if (isJsonObject(value)) return value;
  } catch (thrown) {
    throw new ArkError("ARK_JSON_INVALID", `${what} is not valid JSON`, { cause: thrown });
  }
  throw new ArkError("ARK_JSON_INVALID", `${what} is not a JSON object`);
}
