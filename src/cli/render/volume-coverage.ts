import { subjectOf } from "../../backup/volumes/subject-of.ts";
import { subjectText } from "../../domain/volumes/volume-decision.ts";
import type { VolumeRecord } from "../../format/volume-coverage.ts";
import { count, counted } from "./amounts.ts";

const fewest = 5;

const words = { unprotected: "NOT PROTECTED", protected: "protected", "left-out": "left out" };
const order = ["unprotected", "protected", "left-out"] as const;

/**
 * How many volumes are protected, left out or neither, then those without protection and why;
 * with `all` every volume. Undefined where there is none.
 */
export function coverageText(volumes: readonly VolumeRecord[], all: boolean): string | undefined {
  if (volumes.length === 0) return undefined;
  const groups = order.map((state) => volumes.filter((volume) => volume.state === state));
  const sums = groups.flatMap((group, at) => {
    const state = order[at];
    return group.length === 0 || state === undefined
      ? []
      : [`${count(group.length)} ${words[state]}`];
  });
  const [unprotected = []] = groups;
  const shown = all ? groups.flat() : unprotected.slice(0, fewest);
  const left = unprotected.length - shown.length;
  return [
    `${counted(volumes.length, "volume")}: ${sums.join(", ")}`,
    ...shown.map((volume) => volumeLine(volume, all)),
    ...(!all && left > 0 ? [`and ${count(left)} more that nothing protects`] : []),
  ].join("\n");
}

function volumeLine(volume: VolumeRecord, withState: boolean): string {
  const text = `${subjectText(subjectOf(volume))}: `;
  return withState ? `${text}${words[volume.state]}, ${volume.why}` : `${text}${volume.why}`;
}
