/** Limits of waits that a request may set. */
export type WaitLimitKey =
  | "definitionReadyMs"
  | "apiServiceReadyMs"
  | "namespaceTerminatingMs"
  | "objectGoneMs"
  | "actionMs"
  | "itemsReadyMs"
  | "claimBoundMs";

/** One thing that a restore waits for. */
export interface NamedWait {
  /** What is waited for, for the table in docs/waits.md. */
  readonly what: string;
  readonly endsWith: string;
  /** Undefined: somebody else has the limit, and `setBy` says who. */
  readonly limit?: { readonly key: WaitLimitKey; readonly defaultMs: number };
  /** What sets the limit, with its default where `limit` has none. Default: `--wait-limits`. */
  readonly setBy?: string;
  readonly atLimit: string;
  /** What follows "waiting for". */
  readonly sentence: (subject: string) => string;
}

const minutes = (count: number): number => count * 60_000;

const goAway = (subject: string): string => `${subject} to go away`;

/**
 * All that a restore waits for. Every pause of a run belongs to one of these: `src/restore/waits/waits.ts`
 * is the only place that sleeps. Add a wait here; docs/waits.md is rendered from it.
 */
export const restoreWaits = {
  "namespace-terminating": {
    what: "a target namespace that is being deleted",
    endsWith: "it is gone; then it is made anew. Waited for once, however many objects go into it",
    // Velero's --terminating-resource-timeout.
    limit: { key: "namespaceTerminatingMs", defaultMs: minutes(10) },
    atLimit:
      "an error of the namespace (`ARK_NAMESPACE_TERMINATING`); its objects are not restored, the rest is",
    sentence: goAway,
  },
  "definition-established": {
    what: "definitions (CRDs) that this restore has made",
    endsWith: "the API server calls them established and serves their kinds",
    limit: { key: "definitionReadyMs", defaultMs: minutes(1) },
    atLimit:
      "an error of the definition (`ARK_DEFINITION_NOT_READY`) with what the API server says of it; objects of its kind fail, the rest is restored",
    sentence: (subject) => `${subject} to be established`,
  },
  "api-service-available": {
    what: "an APIService of the restore with a Service behind it, where objects of its group are restored too",
    endsWith: "the API server calls it Available and serves its group",
    limit: { key: "apiServiceReadyMs", defaultMs: minutes(2) },
    atLimit:
      "objects of its group fail, each with what the API server says of the APIService (`ARK_API_SERVICE_NOT_READY`), unless a later pass finds it Available; the rest is restored",
    sentence: (subject) => `${subject} to be Available`,
  },
  "object-terminating": {
    what: "an object that is deleted to be made anew (policy `recreate`)",
    endsWith: "its finalizers have let go of it",
    limit: { key: "objectGoneMs", defaultMs: minutes(2) },
    atLimit: "an error of the object (`ARK_OBJECT_TERMINATING`) that names its finalizers",
    sentence: goAway,
  },
  "item-action": {
    what: "the answer of an item action to an object",
    endsWith: "it answers",
    limit: { key: "actionMs", defaultMs: minutes(10) },
    atLimit:
      "an error of the object (`ARK_ITEM_ACTION`); an action that was silent three times in a row is asked no more",
    sentence: (subject) => `${subject} to answer`,
  },
  "additional-items-ready": {
    what: "what an item action asked for, where it wants that ready before its item",
    endsWith: "the action says so",
    // Velero's --resource-timeout.
    limit: { key: "itemsReadyMs", defaultMs: minutes(10) },
    setBy: "the action, else `--wait-limits`",
    atLimit: "an error (`ARK_ITEM_ACTION`); the item is restored all the same",
    sentence: (subject) => `${subject} to be ready`,
  },
  "later-pass": {
    what: "that what refused an object passes: something it needs, a busy server",
    endsWith: "the pause is over; then what failed is tried again",
    setBy: "fixed: passes at once, after 1s and after 4s",
    atLimit: "the object counts as failed, with the last refusal",
    sentence: (subject) => `${subject} to be tried again`,
  },
  "hook-container": {
    what: "containers of restored pods that have hooks to run; init containers, those of init hooks too, have ended by then",
    endsWith: "the container runs, or is ready where the hook asks for that; or its pod is gone",
    setBy:
      "`waitTimeout` of the hook, or the pod's annotation `post.hook.restore.velero.io/wait-timeout`; default 4h",
    atLimit: "the hook did not run: an error (`ARK_HOOK_FAILED`)",
    sentence: (subject) => subject,
  },
  "item-operations": {
    what: "operations that item actions have begun",
    endsWith: "each has ended, or failed",
    setBy: "`--item-operation-timeout`; default 4h",
    atLimit: "the operation is cancelled: an error (`ARK_ITEM_OPERATION`)",
    sentence: (subject) => subject,
  },
  "claim-bound": {
    what: "claims whose volumes are made of snapshots",
    endsWith:
      "each has its volume; one whose class binds late and that no pod uses is not waited for",
    // Velero's --resource-timeout.
    limit: { key: "claimBoundMs", defaultMs: minutes(10) },
    atLimit:
      "an error of the claim (`ARK_SNAPSHOT_FAILED`) with what the driver says; the rest is restored",
    sentence: (subject) => `${subject} to get its volume`,
  },
  readiness: {
    what: "workloads and claims to be ready, with `--wait-for-ready`",
    endsWith: "all are, or what is left has failed",
    setBy: "`--ready-timeout`; default 5m",
    atLimit:
      "a warning for each that is not ready, and why (`ARK_NOT_READY`); with `--require-ready` an error",
    sentence: (subject) => `${subject} to be ready`,
  },
  "first-consumer": {
    what: "claims whose storage class binds late (`WaitForFirstConsumer`) and that no pod uses yet",
    endsWith: "a pod that uses the claim is scheduled",
    setBy: "not waited for: without a pod nothing would come",
    atLimit: "the claim counts as ready, and the report counts such claims",
    sentence: (subject) => subject,
  },
} as const satisfies Readonly<Record<string, NamedWait>>;

export type WaitId = keyof typeof restoreWaits;

export const waitIds = Object.keys(restoreWaits) as readonly WaitId[];

/** Waits whose limit a request may set, each with the key of its limit. */
export const settableWaits: ReadonlyMap<WaitId, WaitLimitKey> = new Map(
  waitIds.flatMap((id) => {
    const wait: NamedWait = restoreWaits[id];
    return wait.limit === undefined ? [] : [[id, wait.limit.key]];
  }),
);

/** The limits as they are where nobody sets them, in ms. */
export const defaultWaitLimits = Object.fromEntries(
  waitIds.flatMap((id) => {
    const wait: NamedWait = restoreWaits[id];
    return wait.limit === undefined ? [] : [[wait.limit.key, wait.limit.defaultMs]];
  }),
) as Readonly<Record<WaitLimitKey, number>>;

/** `2 definitions to be established`; with what is known of why it lasts behind it. */
export function waitSentence(id: WaitId, subject: string, detail = ""): string {
  const sentence = restoreWaits[id].sentence(subject);
  return detail === "" ? sentence : `${sentence}; ${detail}`;
}
