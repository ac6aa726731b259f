/** What a pod of the server waits for, in the words of the kubelet. */

export interface LivePod {
  readonly spec?: {
    readonly initContainers?: readonly { readonly name?: string; readonly image?: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name?: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: Ended;
}

interface Ended {
  readonly exitCode?: number;
  readonly reason?: string;
  readonly message?: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** An init container that has not done its work, and why. */
export interface StuckInit {
  readonly name: string;
  readonly why: string;
}

/** Of what the kubelet says: it has room for a whole log. */
const wordsLimit = 600;

/** Undefined where the server in it is ready. */
export function waitOf(pod: LivePod): string | undefined {
  const { status } = pod;
  const [container] = status?.containerStatuses ?? [];
  if (container?.ready === true) return undefined;
  const stuck = stuckInitOf(pod);
  if (stuck !== undefined) return `init container ${stuck.name} ${stuck.why}`;
  const { reason, message } = container?.state?.waiting ?? {};
  if (reason !== undefined) return withWords(reason, message);
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") return scheduled.message ?? "not scheduled";
  if (container === undefined) return status?.phase ?? "Pending";
  const restarts = container.restartCount ?? 0;
  return restarts > 0 ? `not ready, ${restarts} restarts` : "not ready";
}

/** The first one that cannot do its work; others wait for it. Undefined while there is no trouble. */
export function stuckInitOf({ status }: LivePod): StuckInit | undefined {
  for (const { name = "", ready, state, lastState } of status?.initContainerStatuses ?? []) {
    if (ready === true) continue;
    const failed = [state?.terminated, lastState?.terminated].find(
      (ended) => ended !== undefined && ended.exitCode !== 0,
    );
    // The same sentence while it waits for its next start as while that runs.
    if (failed !== undefined) return { name, why: failureOf(failed) };
    const { reason = "waits", message } = state?.waiting ?? { reason: "PodInitializing" };
    if (reason !== "PodInitializing") return { name, why: `waits: ${withWords(reason, message)}` };
  }
  return undefined;
}

/** One that never ran has a message of the runtime; another the end of its log, if it keeps that. */
function failureOf({ exitCode, reason, message }: Ended): string {
  const what = reason === "StartError" ? "could not be started" : `ended with ${exitCode}`;
  return `${withWords(what, message)} (the kubelet tries it again)`;
}

function withWords(what: string, message = ""): string {
  const words = message.trim().replace(/\s+/g, " ");
  if (words === "") return what;
  return `${what}: ${words.length > wordsLimit ? `…${words.slice(-wordsLimit)}` : words}`;
}
