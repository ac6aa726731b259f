import type { LiveIdentity } from "../apply/assess-item.ts";
import { isMadeByControllers } from "../record/own-creation.ts";
import type { Expectation } from "./plan-expectation.ts";

/** What would be done with an object now. */
export interface ActualStep {
  readonly resource: string;
  readonly version: string;
  readonly name: string;
  readonly action: string;
  readonly live: LiveIdentity | undefined;
  readonly patchSha256: string;
  /** It is there as it should be: nothing is left to do, whatever the plan says. */
  readonly isDone: boolean;
}

/** Kinds whose objects controllers make as soon as others are there. */
const madeForOthers: readonly string[] = [
  ...["serviceaccounts", "endpoints", "endpointslices.discovery.k8s.io"],
];

/**
 * How an object has come to differ from what a plan says of it, as half a sentence; undefined when
 * it has not. A change of status alone is none, nor an object that controllers make themselves, nor
 * one that has come to be what the plan would make of it.
 */
export function driftOf(expected: Expectation | undefined, actual: ActualStep): string | undefined {
  const { resource, name, action, live } = actual;
  if (expected === undefined) return action === "skip" ? undefined : "it is not in the plan";
  if (expected.isOpen) return changeOf(expected, live);
  const isMadeForUs = isMadeByControllers(resource, name) || madeForOthers.includes(resource);
  if (expected.action === "create" && action !== "create" && isMadeForUs) return undefined;
  if (actual.isDone && expected.action !== "skip") return undefined;
  if (expected.version !== actual.version) {
    return `the plan takes it as ${expected.version}, now it would be ${actual.version}`;
  }
  if (expected.action !== action) {
    return `the plan says ${expected.action}, now it would be ${action}`;
  }
  if (action === "create" || live === undefined || expected.liveUid === "") return undefined;
  // Endpoints go and come with a Service that the plan itself makes anew.
  if (action === "skip" && isMadeForUs) return undefined;
  if (live.uid !== expected.liveUid) return "it was deleted and made again";
  if (action === "skip") return undefined;
  if (live.sha256 !== expected.liveSha256) return "it was changed in the cluster";
  return actual.patchSha256 === expected.patchSha256 ? undefined : "its patch is another one";
}

/** What somebody did to it, whatever becomes of it here. */
function changeOf(
  { liveUid, liveSha256 }: Expectation,
  live: LiveIdentity | undefined,
): string | undefined {
  if (live === undefined || liveUid === "") return undefined;
  if (live.uid !== liveUid) return "it was deleted and made again";
  return live.sha256 === liveSha256 ? undefined : "it was changed in the cluster";
}
