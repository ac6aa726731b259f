import type { ActivatedItem } from "../../restore/activate-restore.ts";
import { count } from "./amounts.ts";

/** What an activation has done: a line of counts, then what a person must know of. */
export function renderActivation(name: string, items: readonly ActivatedItem[]): string {
  const counted = (outcome: ActivatedItem["outcome"]): string =>
    count(items.filter((item) => item.outcome === outcome).length);
  const rare = (["unmarked", "left"] as const).flatMap((outcome) =>
    items.some((item) => item.outcome === outcome) ? [`   ${outcome} ${counted(outcome)}`] : [],
  );
  const lines = items.flatMap((item) => {
    const place = `${item.kind} ${item.namespace === "" ? "" : `${item.namespace}/`}${item.name}`;
    const kept = item.kept.map(
      (path) => `  kept    ${place}: ${path} was changed meanwhile, and stays as it is`,
    );
    return item.reason === undefined
      ? kept
      : [`  ${item.outcome.padEnd(6)}  ${place}: ${item.reason}`, ...kept];
  });
  return [
    `restore ${name}: activated ${counted("activated")}   active before ${counted("active")}${rare.join("")}   gone ${counted("gone")}   failed ${counted("failed")}`,
    ...lines,
    "",
  ].join("\n");
}
