import { arrayAt, textAt, valueAt } from "../../../lib/json-edit.ts";
import type { ExaminedObject, TargetFacts } from "./facts.ts";
import type { TargetFinding } from "./finding.ts";
import { about, type TargetExamination, type TargetFindingRule } from "./rule.ts";

export const nodePortTaken: TargetFindingRule = {
  code: "node-port-taken",
  reason: "a node port belongs to one Service of the cluster",
  open: examineNodePorts,
};

function examineNodePorts(facts: TargetFacts): TargetExamination {
  /** Holder by `port/protocol`, of Services of this restore. */
  const taken = new Map<string, string>();
  return {
    see(object) {
      if (object.resource !== "services" || object.action === "patch") return [];
      const own = `${object.namespace}/${object.name}`;
      return portsOf(object).flatMap((port) => {
        const holder = facts.nodePorts?.get(port) ?? taken.get(port);
        if (holder === undefined) taken.set(port, own);
        if (holder === undefined || holder === own) return [];
        return [collision(object, port, holder, facts.preservesNodePorts)];
      });
    },
    end: () => [],
  };
}

function collision(
  object: ExaminedObject,
  port: string,
  holder: string,
  preserves: boolean,
): TargetFinding {
  return {
    severity: "blocks",
    code: "node-port-taken",
    message: `node port ${port} is held by Service ${holder}`,
    ...about(object),
    advice: preserves
      ? `free the port at Service ${holder}, or restore without --preserve-nodeports`
      : `free the port at Service ${holder}, or take it out with --resource-modifier-file: the Service asks for it by its number`,
  };
}

/** `port/protocol` of every port that is asked for. */
export function portsOf({ desired }: Pick<ExaminedObject, "desired">): readonly string[] {
  const ports = arrayAt(desired, ["spec", "ports"]).map(
    (port) => [valueAt(port, ["nodePort"]), textAt(port, ["protocol"]) || "TCP"] as const,
  );
  const health = [valueAt(desired, ["spec", "healthCheckNodePort"]), "TCP"] as const;
  return [...ports, health]
    .filter(([port]) => Number(port) > 0)
    .map(([port, protocol]) => `${Number(port)}/${protocol}`);
}
