import { decodeJson } from "../../lib/json-text.ts";
import { invalid } from "./parse-policies.ts";

/**
 * The policies in a ConfigMap: its one key under `data`, whatever that is called. `where` says
 * which ConfigMap, for errors. Errors: ARK_POLICY_INVALID.
 */
export function policyTextOf(configMap: Uint8Array, where: string): string {
  const object = decodeJson(Buffer.from(configMap).toString("utf8")) as {
    readonly data?: Readonly<Record<string, string>>;
  };
  const texts = Object.values(object.data ?? {});
  const [text] = texts;
  if (text !== undefined && texts.length === 1) return text;
  const found = texts.length === 0 ? "no key" : `${texts.length} keys`;
  throw invalid(where, [`data has ${found}, and must have one, which holds all of them`]);
}
