import type { Author, Difference, ReadBack } from "../../api/read-back.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import type { FieldChange } from "../../domain/diff/field-change.ts";
import type { Attribution } from "../../domain/restore/attribute-change.ts";

const maxDifferences = 100;
const maxNames = 3;
/** Differences of other fields are counted, and not listed. */
const maxKept = 2_000;

/** Gathers what a comparison found, each difference once however many objects show it. */
export interface ReadBackTally {
  compared: number;
  asPlanned: number;
  vanished: number;
  unread: number;
  differ(
    resource: GroupResource,
    place: string,
    changes: readonly FieldChange[],
    attributions: readonly Attribution[],
  ): void;
  result(): ReadBack;
}

type Counted = { -readonly [K in keyof Difference]: Difference[K] } & { names: string[] };

export function createReadBackTally(): ReadBackTally {
  const fields: Record<Author, number> = { "api-server": 0, webhook: 0, writer: 0 };
  const kept = new Map<string, Counted>();
  return {
    compared: 0,
    asPlanned: 0,
    vanished: 0,
    unread: 0,
    differ(resource, place, changes, attributions) {
      for (const [at, { path, change }] of changes.entries()) {
        const { by, who } = attributions[at] ?? { by: "api-server", who: [] };
        fields[by] += 1;
        const key = JSON.stringify([resource, path, change, by, who]);
        let known = kept.get(key);
        if (known === undefined) {
          if (kept.size >= maxKept) continue;
          known = { resource, path, change, by, who, objects: 0, names: [] };
          kept.set(key, known);
        }
        known.objects += 1;
        if (known.names.length < maxNames) known.names.push(place);
      }
    },
    result() {
      const { compared, asPlanned, vanished, unread } = this;
      const differences = [...kept.values()]
        .sort((a, b) => b.objects - a.objects || compareText(a, b))
        .slice(0, maxDifferences);
      return { compared, asPlanned, vanished, unread, fields, differences };
    },
  };
}

function compareText(a: Difference, b: Difference): number {
  const [left, right] = [`${a.resource} ${a.path}`, `${b.resource} ${b.path}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
