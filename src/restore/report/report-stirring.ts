import type { RunLog } from "../../catalog/run-log.ts";
import type { RestorePlan } from "../plan-restore.ts";

/** Names the custom resources of a passive restore: their operators may make pods of them. */
export function reportStirring({ kinds, definitions }: RestorePlan, log: RunLog): void {
  const custom = [...kinds.values()].filter(({ resource }) => isCustom(resource, definitions));
  if (custom.length === 0) return;
  const count = custom.reduce((sum, kind) => sum + total(kind.perNamespace), 0);
  const names = custom.map(({ resource }) => resource).sort();
  const one = count === 1 ? "1 custom resource comes" : `${count} custom resources come`;
  log.find({
    severity: "warning",
    code: "ARK_NOT_PASSIVE",
    message: `${one} back as the backup has them, and their operators may start work: ${names.join(", ")}`,
    advice: "put them to rest by a resource modifier, or leave them out with --exclude-resources",
  });
}

function isCustom(resource: string, definitions: ReadonlySet<string>): boolean {
  if (definitions.has(resource)) return true;
  const group = resource.includes(".") ? resource.slice(resource.indexOf(".") + 1) : "";
  return group.includes(".") && !group.endsWith(".k8s.io");
}

function total(perNamespace: ReadonlyMap<string, number>): number {
  return [...perNamespace.values()].reduce((sum, count) => sum + count, 0);
}
