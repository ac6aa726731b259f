/** What the pods of a simulation were told to run, and what is owed to them; computed beside the product. */
import { runOfThawKey } from "../../src/format/keys.ts";
import { decodeThawRecord } from "../../src/format/thaw-record.ts";
import type { ExecRequest } from "../../src/ports/pod-exec.ts";
import type { MemoryStore } from "../support/memory-store.ts";
import type { SimProcess } from "./process.ts";

/**
 * Hooks of the world are `freeze MODE` and `thaw MODE`: MODE is the onError of the pre hook, or
 * `alone` for a post hook without one.
 */
export type HookWord = "freeze" | "thaw";

export interface Containers {
  /** The process asks for a command. Notes a post hook that nothing called for. */
  asked(request: ExecRequest, process: SimProcess): void;
  /** It is certain that the command did not begin. */
  refused(request: ExecRequest, process: SimProcess): void;
  /** The command ran to its end, with status 0. */
  ran(request: ExecRequest): void;
  /** What must not be, in sentences: asked for too much, or owed and not on record. */
  faults(): readonly string[];
  /** Pods that may be frozen. */
  frozen(): readonly string[];
}

interface Frozen {
  readonly by: SimProcess;
  readonly mode: string;
}

export function createContainers(store: MemoryStore): Containers {
  /** By pod: whose pre hook may have run, without a post hook that ended since. */
  const frozen = new Map<string, Frozen>();
  /** By process and pod: what came of its pre hook. */
  const pres = new Map<string, { readonly mode: string; readonly mayHaveRun: boolean }>();
  const needless: string[] = [];
  const preKey = (pod: string, { owner }: SimProcess): string => `${owner.pid} ${pod}`;
  return {
    asked(request, process) {
      const pod = podOf(request);
      const [word, mode = ""] = request.command;
      if (word === "freeze") {
        frozen.set(pod, { by: process, mode });
        pres.set(preKey(pod, process), { mode, mayHaveRun: true });
        return;
      }
      if (mode === "alone") return;
      const pre = pres.get(preKey(pod, process));
      // With Continue a hook that surely did not run is as good as one that did (Velero's way).
      if (pre !== undefined && (pre.mayHaveRun || pre.mode !== "Fail")) return;
      const others = recorded(store).filter(({ pid }) => pid !== process.owner.pid);
      if (others.some((one) => one.pods.includes(pod))) return;
      needless.push(`process ${process.owner.pid} thaws ${pod}, which nothing has frozen`);
    },
    refused(request, process) {
      const pod = podOf(request);
      const [word, mode = ""] = request.command;
      if (word !== "freeze") return;
      if (frozen.get(pod)?.by === process) frozen.delete(pod);
      pres.set(preKey(pod, process), { mode, mayHaveRun: false });
    },
    ran(request) {
      if (request.command[0] === "thaw") frozen.delete(podOf(request));
    },
    faults() {
      const owed = new Set(recorded(store).flatMap(({ pods }) => pods));
      const forgotten = [...frozen]
        // One that stood still is taken for dead; what it freezes when it wakes, it thaws itself or nobody.
        .filter(([pod, { by }]) => !owed.has(pod) && !by.hasStalled)
        .map(([pod, { by }]) => `${pod} is frozen by process ${by.owner.pid}, and no record tells`);
      return [...needless, ...forgotten];
    },
    frozen: () => [...frozen].filter(([, { by }]) => !by.hasStalled).map(([pod]) => pod),
  };
}

const podOf = ({ namespace, pod }: Pick<ExecRequest, "namespace" | "pod">): string =>
  `${namespace}/${pod}`;

/** What is on record as owed, by the process that froze. */
function recorded(
  store: MemoryStore,
): readonly { readonly pid: number; readonly pods: readonly string[] }[] {
  return store
    .keys()
    .filter((key) => runOfThawKey(key) !== undefined)
    .map((key) => {
      const { owner, thaws } = decodeThawRecord(store.bytes(key), key);
      return { pid: owner.pid, pods: thaws.map(podOf) };
    });
}
