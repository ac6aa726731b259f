/** Controllers go on writing after the last request of a test; these wait for them, within limits. */
import { waitFor } from "../../testbed/wait.ts";
import type { KubeClient } from "../kube-client.ts";
import { isAtRest } from "./at-rest.ts";
import { type ClusterState, readClusterState, type StateScope } from "./cluster-state.ts";
import { type CompareOptions, type Comparison, compareStates } from "./compare-states.ts";

const limits = { timeoutMs: 120_000, everyMs: 500 };

/** Compares until nothing differs; at last as it is. */
export async function compareWhenAlike(
  before: ClusterState,
  read: () => Promise<ClusterState>,
  options: CompareOptions = {},
): Promise<Comparison> {
  let comparison: Comparison | undefined;
  const isAlike = async (): Promise<boolean> => {
    comparison = compareStates(before, await read(), options);
    return comparison.differences.length === 0;
  };
  await waitFor("likeness", isAlike, limits).catch((error: unknown) => {
    if (comparison === undefined) throw error;
  });
  return comparison as unknown as Comparison;
}

/** The state once controllers have seen everything and nothing changes; at last as it is. */
export async function readAtRest(
  client: KubeClient,
  scope: StateScope = {},
): Promise<ClusterState> {
  let last = "";
  let state: ClusterState | undefined;
  const look = async (): Promise<boolean> => {
    state = await readClusterState(client, scope);
    const now = JSON.stringify([...state].map(([key, { value }]) => [key, versionOf(value)]));
    const isSame = now === last;
    last = now;
    return isSame && isAtRest(state);
  };
  await waitFor("rest", look, limits).catch((error: unknown) => {
    if (state === undefined) throw error;
  });
  return state as unknown as ClusterState;
}

const versionOf = (value: { readonly metadata?: unknown }): unknown =>
  (value.metadata as { readonly resourceVersion?: string }).resourceVersion;
