import type { GroupResource } from "../../api/resource-kind.ts";

/** Versions of a kind by their names alone: `v1beta1`, without the group. */
export interface KindVersions {
  readonly preferred: string;
  /** The preferred one included. */
  readonly all: readonly string[];
}

/** Which of the rules has decided; they are asked in this order. */
export type VersionRule =
  /** The order that the user gave names it. */
  | "priorities"
  | "target-prefers"
  | "backup-prefers"
  /** The highest one that both have. */
  | "common"
  /** Both have versions, and none in common: the backup's preferred one is all there is to try. */
  | "none-common"
  /** The target does not serve the kind, or not yet. */
  | "not-served";

export interface VersionChoice {
  readonly version: string;
  readonly rule: VersionRule;
}

/** A kind that the backup holds in several versions, and the one in which it is restored. */
export interface ChosenVersion {
  readonly resource: GroupResource;
  /** `v1beta1`, without the group. */
  readonly version: string;
  /** The one that the cluster of the backup preferred. */
  readonly preferred: string;
  readonly rule: VersionRule;
}

/**
 * The version in which a kind is restored: Velero's rules (velero-features 4), asked of the
 * versions that serve the kind itself. `priorities`: the user's order for the kind.
 */
export function chooseVersion(
  backedUp: KindVersions,
  served: KindVersions | undefined,
  priorities: readonly string[] = [],
): VersionChoice {
  if (served === undefined || served.all.length === 0) {
    return { version: backedUp.preferred, rule: "not-served" };
  }
  const common = served.all.filter((version) => backedUp.all.includes(version));
  const wished = priorities.find((version) => common.includes(version));
  if (wished !== undefined) return { version: wished, rule: "priorities" };
  if (common.includes(served.preferred)) {
    return { version: served.preferred, rule: "target-prefers" };
  }
  if (common.includes(backedUp.preferred)) {
    return { version: backedUp.preferred, rule: "backup-prefers" };
  }
  const [highest] = [...common].sort((a, b) => compareVersions(b, a));
  if (highest !== undefined) return { version: highest, rule: "common" };
  return { version: backedUp.preferred, rule: "none-common" };
}

const kubeVersion = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const stages = ["alpha", "beta", undefined];

/**
 * Kubernetes' order of versions, ascending: what is no such name, alpha, beta, stable; inside of
 * these by number. Of two that are no such names the one earlier in the alphabet is higher.
 */
export function compareVersions(a: string, b: string): number {
  const left = kubeVersion.exec(a);
  const right = kubeVersion.exec(b);
  if (left === null || right === null) {
    if (left !== null) return 1;
    if (right !== null) return -1;
    if (a === b) return 0;
    return a < b ? 1 : -1;
  }
  const byStage = stages.indexOf(left[2]) - stages.indexOf(right[2]);
  if (byStage !== 0) return byStage;
  const byMajor = Number(left[1]) - Number(right[1]);
  return byMajor === 0 ? Number(left[3] ?? 0) - Number(right[3] ?? 0) : byMajor;
}

export interface VersionPriorities {
  /** By group-resource, the most wanted version first. */
  readonly ofKind: ReadonlyMap<GroupResource, readonly string[]>;
  /** Lines that say nothing, as they stand. */
  readonly unread: readonly string[];
}

/**
 * Lines `rockbands.music.example.io=v2beta1,v2beta2` of Velero's ConfigMap; spaces do not count.
 * Of two lines for one kind the later one counts.
 */
export function parseVersionPriorities(text: string): VersionPriorities {
  const ofKind = new Map<GroupResource, readonly string[]>();
  const unread: string[] = [];
  for (const line of text.split("\n")) {
    const bare = line.replaceAll(/\s/g, "");
    if (bare === "") continue;
    const [resource = "", versions = "", ...rest] = bare.split("=");
    if (resource === "" || versions === "" || rest.length > 0) unread.push(line.trim());
    else ofKind.set(resource, versions.split(","));
  }
  return { ofKind, unread };
}
