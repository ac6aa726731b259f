import type { FlagSpec } from "../flag-spec.ts";
import { how, waitLimits } from "./restore-flags.ts";

/** What a restore waits for. */
export const readinessFlags: readonly FlagSpec[] = [
  {
    name: "wait-for-ready",
    kind: "boolean",
    help: "wait until restored workloads are ready and claims are bound, and tell which are not and why",
    heading: how,
  },
  {
    name: "ready-timeout",
    kind: "duration",
    help: "how long to wait for them (default: 5m)",
    heading: how,
  },
  {
    name: "require-ready",
    kind: "boolean",
    help: "wait, and take what is not ready for an error",
    heading: how,
  },
  waitLimits,
];
