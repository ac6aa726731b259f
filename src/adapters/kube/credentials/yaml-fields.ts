import { ArkError } from "../../../lib/errors.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The mapping at `key`, or an empty one. `where` names the place for the message. */
export function fieldsAt(parent: Fields, key: string, where: string): Fields {
  const value = parent[key];
  if (value === undefined || value === null) return {};
  if (!isFields(value)) throw wrongType(`${where}.${key}`, "a mapping");
  return value;
}

export function listAt(parent: Fields, key: string, where: string): readonly unknown[] {
  const value = parent[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType(`${where}.${key}`, "a list");
  return value;
}

/** Undefined when absent or empty; the value never stands in the error, as it may be a secret. */
export function textAt(parent: Fields, key: string, where: string): string | undefined {
  const value = parent[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") {
    throw wrongType(`${where}.${key}`, "text", "put it in quotes");
  }
  return value;
}

export function flagAt(parent: Fields, key: string, where: string): boolean {
  const value = parent[key];
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw wrongType(`${where}.${key}`, "true or false");
  return value;
}

export function textsAt(parent: Fields, key: string, where: string): readonly string[] {
  return listAt(parent, key, where).map((value, index) => {
    if (typeof value === "string") return value;
    throw wrongType(`${where}.${key}[${index}]`, "text", "put it in quotes");
  });
}

function wrongType(place: string, expected: string, advice = "correct the file"): ArkError {
  return new ArkError("ARK_KUBECONFIG_INVALID", `the kubeconfig cannot be used: ${place}`, {
    answer: `${place} is not ${expected}`,
    advice,
  });
}
