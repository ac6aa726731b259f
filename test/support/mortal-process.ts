/** A process that dies at a chosen call: from then on nothing that it asks for is done or answered. */
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";

export interface MortalCall {
  /** Method of the port: `create`, `put`, … */
  readonly method: string;
  /** Name of the object, or the key. */
  readonly what: string;
}

/** When it dies: before the call is made, or after it was done but before its answer comes. */
export type Death = { readonly at: number; readonly when: "before" | "after" };

export interface MortalProcess {
  readonly cluster: Cluster;
  readonly store: ObjectStore;
  /** Any other port, that dies with it. */
  wrap<Port extends object>(port: Port): Port;
  /** A clock on which the process sleeps no more once it is dead. */
  clockOf(clock: Clock): Clock;
  /** Every call so far that was done. */
  readonly calls: readonly MortalCall[];
  /** Resolves when it has died. */
  readonly died: Promise<"died">;
}

/** Calls that change what is outside; the others are not counted. */
const writes = ["create", "patch", "replace", "put", "remove", "exec"].concat(
  // Of a volume snapshotter.
  ["createSnapshot", "createVolume", "deleteSnapshot"],
);

/** `death` counts the writes of cluster and store, from 1; undefined: it lives. */
export function startMortalProcess(
  ports: { readonly cluster: Cluster; readonly store: ObjectStore },
  death: Death | undefined,
): MortalProcess {
  const calls: MortalCall[] = [];
  let isDead = false;
  let count = 0;
  let tell: (died: "died") => void = () => {};
  const died = new Promise<"died">((resolve) => {
    tell = resolve;
  });
  const never = new Promise<never>(() => {});
  const die = (): Promise<never> => {
    isDead = true;
    tell("died");
    return never;
  };
  const around = async (method: string, args: readonly unknown[], call: () => unknown) => {
    if (isDead) return await never;
    const number = writes.includes(method) ? ++count : 0;
    if (death?.at === number && death.when === "before") return await die();
    const [first] = args;
    const what = typeof first === "string" ? first : ((first as { name?: string })?.name ?? "");
    calls.push({ method, what });
    const answer = await call();
    if (death?.at === number && death.when === "after") return await die();
    return isDead ? await never : answer;
  };
  const wrap = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, key: string) {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== "function") return value;
        if (key === "list" && "put" in target) {
          return async function* (...args: unknown[]) {
            if (isDead) await never;
            yield* value.apply(target, args) as AsyncIterable<unknown>;
          };
        }
        return (...args: unknown[]) => around(key, args, () => value.apply(target, args));
      },
    });
  const clockOf = (clock: Clock): Clock => ({
    ...clock,
    sleep: (ms, signal) => (isDead ? never : clock.sleep(ms, signal)),
  });
  return { cluster: wrap(ports.cluster), store: wrap(ports.store), clockOf, wrap, calls, died };
}
