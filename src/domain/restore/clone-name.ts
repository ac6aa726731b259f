import { hash } from "node:crypto";

export interface CloneOf {
  /** `namespace/name` of its claim in the target. */
  readonly claim: string;
  readonly snapshotId: string;
  /** From 1: of several copies for one claim. */
  readonly number: number;
}

/** Velero's form, `velero-clone-<uuid>`, of what it is a copy of and for whom. */
export function cloneName({ claim, snapshotId, number }: CloneOf): string {
  const hex = hash("sha256", `${snapshotId}/${claim}/${number}`, "hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return `velero-clone-${[...parts, hex.slice(20, 32)].join("-")}`;
}
