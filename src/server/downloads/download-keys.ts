import type { Clock } from "../../ports/clock.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { secretKind } from "../read-secret.ts";
import { type DownloadSecret, downloadSecretName, parseDownloadSecret } from "./download-secret.ts";

/** The keys as this process knows them; the leader writes them, every replica reads them. */
export interface DownloadKeys {
  /** Undefined: no leader has made them yet, or they are damaged. */
  current(): DownloadSecret | undefined;
  /** What stands in the cluster is known when it resolves; errors: those of a GET. */
  refresh(signal: AbortSignal): Promise<void>;
  /** The same, once a second at most: who asks may be anybody. */
  refreshForStranger(signal: AbortSignal): Promise<void>;
}

const strangersWaitMs = 1_000;

export function createDownloadKeys(
  cluster: Pick<ClusterReader, "get">,
  namespace: string,
  clock: Pick<Clock, "monotonicMs">,
): DownloadKeys {
  let current: DownloadSecret | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  const refresh = async (signal: AbortSignal): Promise<void> => {
    lastMs = clock.monotonicMs();
    const ref = { kind: secretKind, namespace, name: downloadSecretName };
    const raw = await cluster.get(ref, { signal });
    current = raw && parseDownloadSecret(raw.bytes);
  };
  return {
    current: () => current,
    refresh,
    async refreshForStranger(signal) {
      if (clock.monotonicMs() - lastMs >= strangersWaitMs) await refresh(signal);
    },
  };
}
