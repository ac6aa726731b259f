import type { VeleroResult } from "../../api/results.ts";
import type { DescriptionLine } from "./description.ts";

/** Messages of one sort listed without `--details`. */
const shownMessages = 20;

/** Warnings or errors of a run as Velero prints them; a count where the file is missing. */
export function resultLines(
  title: "Warnings" | "Errors",
  count: number,
  result: VeleroResult | undefined,
  details: boolean,
): readonly DescriptionLine[] {
  if (count === 0 && (result === undefined || isEmpty(result))) return [];
  if (result === undefined) return [{ key: title, value: `${count} (their list is missing)` }, ""];
  const scoped = Object.entries(result.namespaces ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const limit = details ? Number.POSITIVE_INFINITY : shownMessages;
  return [
    { text: `${title}:` },
    { key: "Velero", value: messages(result.velero, limit), indent: 2 },
    { key: "Cluster", value: messages(result.cluster, limit), indent: 2 },
    ...(scoped.length === 0
      ? [{ key: "Namespaces", value: "<none>", indent: 2 }]
      : [
          { text: "Namespaces:", indent: 2 },
          ...scoped.map(([namespace, list]) => ({
            key: namespace,
            value: messages(list, limit),
            indent: 4,
          })),
        ]),
    "",
  ];
}

function isEmpty(result: VeleroResult): boolean {
  return (
    (result.velero ?? []).length === 0 &&
    (result.cluster ?? []).length === 0 &&
    Object.keys(result.namespaces ?? {}).length === 0
  );
}

function messages(list: readonly string[] | undefined, limit: number): string {
  if (list === undefined || list.length === 0) return "<none>";
  const shown = list.slice(0, limit).map((message) => message.trim());
  const left = list.length - shown.length;
  return [...shown, ...(left > 0 ? [`... and ${left} more (--details)`] : [])].join("\n");
}

/** `apiVersion/Kind:` and its objects, as Velero's Resource List. */
export function resourceListLines(
  resources: ReadonlyMap<string, readonly string[]> | undefined,
): readonly DescriptionLine[] {
  if (resources === undefined) return [{ key: "Resource List", value: "<missing>" }];
  return [
    { text: "Resource List:" },
    ...[...resources].flatMap(([kind, names]): DescriptionLine[] => [
      { text: `${kind}:`, indent: 2 },
      ...names.map((name) => ({ text: `- ${name}`, indent: 4 })),
    ]),
  ];
}
