import { isJsonArray, isJsonObject, isRawNumber, type JsonValue } from "./json-text.ts";

/**
 * Same meaning for an API server: key order does not matter, a member that is null equals one
 * that is absent, and numbers are compared by their exact decimal value (`1.0` equals `1`).
 */
export function equalJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (a === null || a === undefined) return b === null || b === undefined;
  if (b === null || b === undefined) return false;
  if (isNumeric(a) || isNumeric(b)) {
    return isNumeric(a) && isNumeric(b) && decimalOf(a) === decimalOf(b);
  }
  if (isJsonArray(a) || isJsonArray(b)) {
    return (
      isJsonArray(a) &&
      isJsonArray(b) &&
      a.length === b.length &&
      a.every((item, i) => equalJson(item, b[i]))
    );
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    const left = Object.hasOwn(a, key) ? a[key] : undefined;
    const right = Object.hasOwn(b, key) ? b[key] : undefined;
    if (!equalJson(left, right)) return false;
  }
  return true;
}

export type Numeric = number | { readonly rawJSON: string };

export function isNumeric(value: JsonValue): value is Numeric {
  return typeof value === "number" || isRawNumber(value);
}

/** One notation per value: digits without outer zeros, `e`, exponent. */
export function decimalOf(value: Numeric): string {
  const text = typeof value === "number" ? String(value) : value.rawJSON;
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const power = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}
