import type { ResourceKind } from "../../api/resource-kind.ts";
import { ArkError } from "../../lib/errors.ts";
import type { Discovery, GroupFailure } from "../../ports/cluster.ts";
import { discoveryAccept, parseAggregatedDiscovery } from "./aggregated-discovery.ts";
import type { CallContext } from "./call-context.ts";
import { asRecord, parseDocument } from "./json-record.ts";
import {
  type GroupVersion,
  parseApiGroups,
  parseApiResources,
  parseApiVersions,
} from "./plain-discovery.ts";
import { retrying } from "./retry.ts";

/** Documents of single groups that are asked for at once, where there is no aggregated one. */
const groupsAtOnce = 8;

/**
 * Learns all served kinds from the aggregated documents of `/api` and `/apis`, or group by group
 * where the server has none. A group that does not answer is a failure in the result; only when
 * `/api` or `/apis` itself cannot be had is an error thrown.
 */
export async function discoverKinds(context: CallContext, signal: AbortSignal): Promise<Discovery> {
  const [core, groups] = await Promise.all([
    discoverRoot(context, "/api", signal),
    discoverRoot(context, "/apis", signal),
  ]);
  return {
    kinds: [...core.kinds, ...groups.kinds],
    failures: [...core.failures, ...groups.failures],
  };
}

async function discoverRoot(
  context: CallContext,
  root: "/api" | "/apis",
  signal: AbortSignal,
): Promise<Discovery> {
  const document = await getDocument(context, root, signal);
  switch (asRecord(document)["kind"]) {
    case "APIGroupDiscoveryList":
      return parseAggregatedDiscovery(document);
    case "APIVersions":
      return discoverEach(context, parseApiVersions(document), signal);
    case "APIGroupList":
      return discoverEach(context, parseApiGroups(document), signal);
    default:
      throw new ArkError(
        "ARK_API_PROTOCOL",
        `cannot learn the kinds of the cluster: what ${context.transport.serverUrl}${root} answers is not a discovery document`,
        { advice: "Check that the server address in the kubeconfig is that of an API server." },
      );
  }
}

type GroupOutcome =
  | { readonly outcome: "kinds"; readonly kinds: readonly ResourceKind[] }
  | { readonly outcome: "failed"; readonly from: GroupVersion; readonly reason: string };

async function discoverEach(
  context: CallContext,
  versions: readonly GroupVersion[],
  signal: AbortSignal,
): Promise<Discovery> {
  const outcomes: GroupOutcome[] = [];
  const waiting = versions.entries();
  const work = async (): Promise<void> => {
    for (const [index, from] of waiting) outcomes[index] = await discoverOne(context, from, signal);
  };
  await Promise.all(Array.from({ length: groupsAtOnce }, work));
  return {
    kinds: outcomes.flatMap((result) => (result.outcome === "kinds" ? result.kinds : [])),
    failures: toFailures(versions, outcomes),
  };
}

async function discoverOne(
  context: CallContext,
  from: GroupVersion,
  signal: AbortSignal,
): Promise<GroupOutcome> {
  const { group, version } = from;
  const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  try {
    const document = await getDocument(context, path, signal);
    return { outcome: "kinds", kinds: parseApiResources(document, from) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ArkError)) throw error;
    return { outcome: "failed", from, reason: error.answer ?? error.message };
  }
}

/** One failure for a group all of whose versions failed; otherwise one for each version. */
function toFailures(
  versions: readonly GroupVersion[],
  outcomes: readonly GroupOutcome[],
): readonly GroupFailure[] {
  const failed = outcomes.filter((result) => result.outcome === "failed");
  const groups = [...new Set(failed.map((result) => result.from.group))];
  return groups.flatMap((group) => {
    const ofGroup = failed.filter((result) => result.from.group === group);
    const all = versions.filter((version) => version.group === group).length === ofGroup.length;
    const entries = ofGroup.map(({ from, reason }) => ({
      group: `${group}/${from.version}`,
      versions: [from.version],
      reason,
    }));
    if (!all || ofGroup[0] === undefined) return entries;
    return [
      { group, versions: ofGroup.map(({ from }) => from.version), reason: ofGroup[0].reason },
    ];
  });
}

async function getDocument(
  context: CallContext,
  path: string,
  signal: AbortSignal,
): Promise<unknown> {
  const intent = { verb: "get", resource: path, namespace: "", name: "" };
  const answer = await retrying({ ...context, signal }, () =>
    context.transport.exchange(
      { intent, method: "GET", path, accept: discoveryAccept },
      context.callGate,
      signal,
    ),
  );
  return parseDocument(answer.bytes, `the answer of ${context.transport.serverUrl}${path}`);
}
