/** A process that can be stopped (SIGSTOP) and woken: what it waits for arrives when it is awake. */
import type { Dispatcher } from "undici";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { plainAccess } from "../support/plain-access.ts";

export interface StoppableProcess {
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly isStopped: boolean;
  stop(): void;
  wake(): void;
}

/** Names the process to the server's faults. */
export const processHeader = "x-process";

export function startProcess(
  name: string,
  time: Clock,
  server: Dispatcher,
  wallSkewMs: number,
): StoppableProcess {
  let awake: Promise<void> | undefined;
  let wake: () => void = () => undefined;
  /** Also after an error: a timer that was cut short is not noticed either. */
  const onceAwake = async <T>(result: Promise<T>): Promise<T> => {
    try {
      return await result;
    } finally {
      while (awake !== undefined) await awake;
    }
  };
  const clock: Clock = {
    ...time,
    now: () => new Date(time.now().getTime() + wallSkewMs),
    sleep: (ms, signal) => onceAwake(time.sleep(ms, signal)),
  };
  const access = plainAccess(server, { headers: async () => ({ [processHeader]: name }) });
  const cluster = connectCluster(access, clock);
  return {
    clock,
    cluster: {
      ...cluster,
      get: (...args) => onceAwake(cluster.get(...args)),
      list: (...args) => onceAwake(cluster.list(...args)),
      create: (...args) => onceAwake(cluster.create(...args)),
      patch: (...args) => onceAwake(cluster.patch(...args)),
      replace: (...args) => onceAwake(cluster.replace(...args)),
      async watch(...args) {
        const batches = await onceAwake(cluster.watch(...args));
        return (async function* () {
          for await (const batch of batches) yield await onceAwake(Promise.resolve(batch));
        })();
      },
    },
    get isStopped() {
      return awake !== undefined;
    },
    stop() {
      if (awake !== undefined) return;
      awake = new Promise((resolve) => {
        wake = resolve;
      });
    },
    wake() {
      awake = undefined;
      wake();
    },
  };
}
