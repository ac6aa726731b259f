/** Who led when, by the API server's record of the Lease, and who wrote although it did not lead. */
import type { AuditEvent } from "../../testbed/node/audit.ts";

export interface Term {
  readonly epoch: number;
  /** `<pod>_<one start of its process>` */
  readonly holder: string;
  /** Milliseconds since the epoch: when the write arrived that took the Lease. */
  readonly fromMs: number;
  /** When the write arrived by which another took it, or its holder gave it up. */
  readonly untilMs: number;
}

export interface PodWrite {
  readonly atMs: number;
  readonly pod: string;
  readonly what: string;
}

interface LeaseSpec {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

export const podOfHolder = (holder: string): string => holder.split("_")[0] ?? "";

const arrivedMs = (event: AuditEvent): number => Date.parse(event.requestReceivedTimestamp);

function isWriteOf(event: AuditEvent, namespace: string, name: string): boolean {
  const { objectRef: ref, responseStatus } = event;
  const isIt = ref?.resource === "leases" && ref.namespace === namespace && ref.name === name;
  return isIt && (responseStatus?.code ?? 500) < 300;
}

/** The terms of the Lease `name` of a namespace, in their order. */
export function termsOf(
  audit: readonly AuditEvent[],
  namespace: string,
  name: string,
): readonly Term[] {
  const terms: Term[] = [];
  for (const event of audit.filter((one) => isWriteOf(one, namespace, name))) {
    const { spec } = event.requestObject as LeaseSpec;
    const { holderIdentity: holder = "", leaseTransitions: epoch = 0 } = spec ?? {};
    const last = terms.at(-1);
    if (last?.holder === holder && last.epoch === epoch) continue;
    const atMs = arrivedMs(event);
    if (last !== undefined) {
      terms[terms.length - 1] = { ...last, untilMs: Math.min(last.untilMs, atMs) };
    }
    if (holder !== "") {
      terms.push({ epoch, holder, fromMs: atMs, untilMs: Number.POSITIVE_INFINITY });
    }
  }
  return terms;
}

/** What pods wrote to the API server with the server's account, the Lease excepted. */
export function apiWrites(
  audit: readonly AuditEvent[],
  account: { readonly namespace: string; readonly name: string },
): readonly PodWrite[] {
  const username = `system:serviceaccount:${account.namespace}:${account.name}`;
  return audit
    .filter(({ user, objectRef }) => user.username === username && objectRef?.resource !== "leases")
    .map((event) => ({
      atMs: arrivedMs(event),
      pod: event.user.extra?.["authentication.kubernetes.io/pod-name"]?.[0] ?? "",
      what: `${event.verb} ${event.requestURI}`,
    }));
}

/** Writes that arrived from a pod outside every term that it had. */
export function writesOutsideTerms(
  writes: readonly PodWrite[],
  terms: readonly Term[],
): readonly PodWrite[] {
  return writes.filter(
    ({ pod, atMs }) =>
      !terms.some(
        (term) => podOfHolder(term.holder) === pod && atMs >= term.fromMs && atMs <= term.untilMs,
      ),
  );
}
