import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { VolumePolicy } from "../../../../src/domain/policies/resource-policies.ts";
import { decideVolumes } from "../../../../src/domain/volumes/decide-volumes.ts";
import type { VolumeDecision } from "../../../../src/domain/volumes/volume-decision.ts";
import type { VolumeInput } from "../../../../src/domain/volumes/volume-input.ts";
import { aClaim, aPod, aVolume, claimNamed, settings } from "./volume-objects.ts";

export const optIn = { "backup.velero.io/backup-volumes": "v" };
export const optOut = { "backup.velero.io/backup-volumes-excludes": "v" };
export const policy = (
  type: VolumePolicy["action"]["type"],
  conditions = {},
): readonly VolumePolicy[] => [
  { conditions: { storageClass: ["other"] }, action: { type: "skip" } },
  { conditions, action: { type } },
];
export const nfs = { nfs: { server: "s", path: "/p" } };

export interface Row {
  /** The sentence of velero-features 3.7, or of the source where that decides. */
  readonly says: string;
  readonly input: Partial<VolumeInput>;
  readonly with?: Parameters<typeof settings>[0];
  /** `state`, then `/method` and ` through pod.volume`; by what; a piece of the reason. */
  readonly is: string;
  readonly by: VolumeDecision["reason"]["by"];
  readonly text?: RegExp;
}

export const bound = { claims: [aClaim("c")], volumes: [aVolume("c")] };
export const used = (annotations = {}) => ({
  ...bound,
  pods: [aPod("p", { v: claimNamed("c") }, { annotations })],
});
export const inline = (source: Readonly<Record<string, unknown>>, annotations = {}) => ({
  pods: [aPod("p", { v: source }, { annotations })],
});

export function decide(
  input: Partial<VolumeInput>,
  how: Row["with"] = {},
): readonly VolumeDecision[] {
  return decideVolumes({ pods: [], claims: [], volumes: [], ...input }, settings(how));
}

export function shown({ outcome }: VolumeDecision): string {
  if (outcome.state !== "protected") return outcome.state;
  const { method, through } = outcome;
  return `protected/${method}${through === undefined ? "" : ` through ${through.pod}.${through.volume}`}`;
}

/** Each row is an input with one decision. */
export function describeRows(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const row of rows) {
      it(`${row.says}: ${row.is}`, () => {
        const decisions = decide(row.input, row.with);
        assert.equal(decisions.length, 1);
        const [decision] = decisions;
        assert.equal(shown(decision!), row.is, decision!.reason.text);
        assert.equal(decision!.reason.by, row.by);
        if (row.text !== undefined) assert.match(decision!.reason.text, row.text);
      });
    }
  });
}
