/** Item actions of restores, in process: one changes what it is told to, one works outside. */
import type { ItemReference } from "../../src/domain/references/item-reference.ts";
import type { JsonObject } from "../../src/lib/json-text.ts";
import type {
  RestoreActionItem,
  RestoreActionResult,
  RestoreItemAction,
} from "../../src/ports/restore-item-action.ts";

export const nameOf = ({ item }: RestoreActionItem): string =>
  (item["metadata"] as unknown as { name: string }).name;

export const configMapRef = (name: string, namespace = "shop"): ItemReference => ({
  resource: "configmaps",
  namespace,
  name,
});

/** The item with annotations besides its own. */
export function annotated(item: JsonObject, more: Readonly<Record<string, string>>): JsonObject {
  const metadata = item["metadata"] as JsonObject;
  const annotations = { ...(metadata["annotations"] as JsonObject | undefined), ...more };
  return { ...item, metadata: { ...metadata, annotations } };
}

export function actionOn(
  kind: string,
  execute: (item: RestoreActionItem) => RestoreActionResult,
  more: Partial<RestoreItemAction> = {},
): RestoreItemAction {
  return {
    name: "example.io/change",
    appliesTo: { includedResources: [kind] },
    execute,
    ...more,
  };
}

export interface Mover {
  readonly action: RestoreItemAction;
  /** Claims whose move was begun, each time. */
  readonly begun: readonly string[];
  readonly cancelled: readonly string[];
  /** Moves that neither ended nor were cancelled. */
  running(): readonly string[];
}

export interface MoverOptions {
  /** Polls that find a move under way. Default 1. */
  readonly polls?: number;
  readonly fate?: (claim: string) => "ends" | "fails" | "never";
  /** Without it an operation that died with its process is lost. Default true. */
  readonly finds?: boolean;
}

/** Marks each claim as moved, and asks for the ConfigMap `<claim>-facts`. */
export function createMover(options: MoverOptions = {}): Mover {
  const { polls = 1, fate = () => "ends", finds = true } = options;
  const begun: string[] = [];
  const cancelled: string[] = [];
  const moves = new Map<string, { claim: string; left: number; state: string }>();
  const resultOf = (given: RestoreActionItem): RestoreActionResult => ({
    item: annotated(given.item, { moved: "yes" }),
    additionalItems: [configMapRef(`${nameOf(given)}-facts`)],
    operationId: `move-${nameOf(given)}`,
  });
  const action: RestoreItemAction = {
    name: "example.io/move",
    appliesTo: { includedResources: ["persistentvolumeclaims"] },
    async execute(given) {
      const claim = nameOf(given);
      begun.push(claim);
      moves.set(`move-${claim}`, { claim, left: polls, state: "running" });
      return resultOf(given);
    },
    operations: {
      async progress(id) {
        const move = moves.get(id)!;
        const end = fate(move.claim);
        if (move.left > 0 || end === "never") move.left -= 1;
        else if (move.state === "running") move.state = end;
        const completed = move.state !== "running";
        return {
          completed,
          error: move.state === "fails" ? "disk on fire" : "",
          unitsCompleted: completed ? 7 : 3,
          unitsTotal: 7,
          units: "Bytes",
          description: "moving",
          startedAt: "2026-01-01T00:00:00Z",
        };
      },
      async cancel(id) {
        const move = moves.get(id);
        cancelled.push(move?.claim ?? "");
        if (move?.state === "running") move.state = "cancelled";
      },
      ...(finds
        ? {
            find: async (given: RestoreActionItem) =>
              moves.has(`move-${nameOf(given)}`) ? resultOf(given) : undefined,
          }
        : {}),
    },
  };
  const running = (): readonly string[] =>
    [...moves.values()].flatMap((move) => (move.state === "running" ? [move.claim] : []));
  return { action, begun, cancelled, running };
}
