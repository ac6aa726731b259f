import type { BackupHooks } from "../../api/backup.ts";
import { ArkError } from "../../lib/errors.ts";
import { hookViolations } from "./hook-spec-checks.ts";

type Check = (value: unknown, at: string) => readonly string[];

const text: Check = (value, at) => (typeof value === "string" ? [] : [`${at} must be a text`]);

const listOf =
  (each: Check): Check =>
  (value, at) =>
    Array.isArray(value)
      ? value.flatMap((one, index) => each(one, `${at}[${index}]`))
      : [`${at} must be a list`];

const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, at) => {
    if (!isRecord(value)) return [`${at} must be a map`];
    return Object.entries(value).flatMap(([key, one]) => {
      const check = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (check !== undefined) return check(one, `${at}.${key}`);
      return [`${at}.${key} is unknown; known are ${Object.keys(fields).join(", ")}`];
    });
  };

const textMap: Check = (value, at) =>
  isRecord(value)
    ? Object.entries(value).flatMap(([key, one]) => text(one, `${at}.${key}`))
    : [`${at} must be a map`];

const hooks = listOf(
  record({
    exec: record({ container: text, command: listOf(text), onError: text, timeout: text }),
  }),
);

const requirement = record({ key: text, operator: text, values: listOf(text) });

/** `spec.hooks` of Velero's Backup. */
const document = record({
  resources: listOf(
    record({
      name: text,
      includedNamespaces: listOf(text),
      excludedNamespaces: listOf(text),
      includedResources: listOf(text),
      excludedResources: listOf(text),
      labelSelector: record({ matchLabels: textMap, matchExpressions: listOf(requirement) }),
      pre: hooks,
      post: hooks,
    }),
  ),
});

/**
 * `spec.hooks` as somebody has written it; unknown fields are refused, as they would be dropped
 * in silence. Errors: ARK_USAGE with everything that is wrong.
 */
export function parseHooks(value: unknown, where: string): BackupHooks {
  const misshapen = document(value, "hooks");
  const parsed = value as BackupHooks;
  const wrong = misshapen.length > 0 ? misshapen : hookViolations({ hooks: parsed });
  if (wrong.length === 0) return parsed;
  throw new ArkError("ARK_USAGE", `${where} holds no hooks that can be used: ${wrong.join("; ")}`, {
    advice:
      "write it as spec.hooks of a Backup: resources: [{name, includedNamespaces, labelSelector, pre: [{exec: {container, command, onError, timeout}}], post: […]}]",
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
