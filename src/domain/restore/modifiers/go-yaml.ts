import {
  boolYaml11Tag,
  defineScalarTag,
  FAILSAFE_SCHEMA,
  load,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
} from "js-yaml";
import { type JsonValue, parseJson } from "../../../lib/json-text.ts";

/** Aliases multiply what they name: thirty can make some ten thousand values, a hundred too many. */
const maxAliases = 30;

const numberChars = ["-", "+", ".", ..."0123456789"];

const typed = FAILSAFE_SCHEMA.withTags(
  nullYaml11Tag,
  boolYaml11Tag,
  defineScalarTag<JsonValue>("tag:yaml.org,2002:int", {
    implicit: true,
    identify: () => false,
    implicitFirstChars: numberChars,
    resolve: (source) => numberOf(source) ?? NOT_RESOLVED,
  }),
  mergeTag,
);

const texts = FAILSAFE_SCHEMA.withTags(
  nullYaml11Tag,
  defineScalarTag<string>("tag:yaml.org,2002:bool", {
    implicit: true,
    identify: () => false,
    resolve: (source, ...rest) => {
      const value = boolYaml11Tag.resolve(source, ...rest);
      return typeof value === "boolean" ? String(value) : NOT_RESOLVED;
    },
  }),
  defineScalarTag<string>("tag:yaml.org,2002:int", {
    implicit: true,
    identify: () => false,
    implicitFirstChars: numberChars,
    resolve: (source) => {
      const value = numberOf(source);
      return value === undefined ? NOT_RESOLVED : JSON.stringify(value);
    },
  }),
  mergeTag,
);

/**
 * YAML of one document as Velero's reader takes it: version 1.1 without numbers of base 60 and
 * dates. Throws a YAMLException.
 */
export function loadGoYaml(source: string): JsonValue {
  return load(source, { schema: typed, maxAliases }) as JsonValue;
}

/** The same where every scalar belongs into a text field: `yes` is "true", `010` is "8". */
export function loadGoYamlTexts(source: string): unknown {
  return load(source, { schema: texts, maxAliases });
}

function numberOf(source: string): JsonValue | undefined {
  const plain = source.replaceAll("_", "");
  const whole = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/.exec(
    plain,
  );
  if (whole !== null) {
    const digits = (whole[2] as string).replace(/^0(?=[0-7])/, "0o");
    const value = BigInt(digits) * (whole[1] === "-" ? -1n : 1n);
    if (value >= -(2n ** 63n) && value < 2n ** 64n) return parseJson(String(value));
  }
  if (!/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}
