/** A storage with a CSI driver in memory; faults as those of `test/testbed/go/csi/driver/faults.go`. */
import type { Clock } from "../../../src/ports/clock.ts";

type Parameters = Readonly<Record<string, string>>;

export interface KeptSnapshot {
  readonly handle: string;
  /** Handle of the volume that it was cut of. */
  readonly source: string;
  readonly bytes: number;
  readonly created: Date;
  readonly parameters: Parameters;
  /** Handle of the group that it was cut with. */
  readonly group?: string;
}

export interface KeptGroup {
  readonly handle: string;
  readonly members: readonly KeptSnapshot[];
}

/** What a call of the driver ends with, when it fails: gRPC's code and a text. */
export class DriverError extends Error {
  readonly code: string;

  constructor(code: string, text: string) {
    super(`rpc error: code = ${code} desc = ${text}`);
    this.code = code;
  }
}

export interface SnapshotStorage {
  readonly driver: string;
  /** By handle. */
  readonly kept: ReadonlyMap<string, KeptSnapshot>;
  /** `create NAME`, `group NAME`, `delete HANDLE`, as the driver was asked. */
  readonly calls: readonly string[];
  /** By handle. */
  readonly keptGroups: ReadonlyMap<string, KeptGroup>;
  /** One cut of all sources. With parameter `members: bound` its snapshots go only with it. */
  createGroup(name: string, sources: readonly string[], parameters: Parameters): KeptGroup;
  /** Fails unless all of its snapshots are named. */
  removeGroup(handle: string, members: readonly string[]): void;
  create(name: string, source: string, parameters: Parameters): KeptSnapshot;
  /** Undefined: there is none. */
  find(handle: string): KeptSnapshot | undefined;
  isReady(snapshot: KeptSnapshot): boolean;
  remove(handle: string): void;
  /** As it is, in the place of the one with its handle. */
  put(snapshot: KeptSnapshot): void;
  /** From now on snapshots cannot be deleted; undefined: they can. */
  refuseDeletion(text: string | undefined): void;
}

export const testDriver = "folders.csi.testbed";

export function createSnapshotStorage(clock: Clock, driver = testDriver): SnapshotStorage {
  const kept = new Map<string, KeptSnapshot>();
  const keptGroups = new Map<string, KeptGroup>();
  const calls: string[] = [];
  const counts = new Map<string, number>();
  /** When a name was asked for first. */
  const asked = new Map<string, number>();
  let next = 0;
  let refusal: string | undefined;
  const pauseOf = ({ milliseconds = "1000" }: Parameters): number => Number(milliseconds);
  const before = (name: string, call: number, parameters: Parameters): void => {
    const { fault } = parameters;
    if (fault === "fail") throw new DriverError("Internal", "asked to fail");
    if (fault === "fail-once" && call === 1) {
      throw new DriverError("Internal", "asked to fail once");
    }
    const firstMs = asked.get(name) ?? clock.monotonicMs();
    asked.set(name, firstMs);
    if (fault === "slow" && clock.monotonicMs() - firstMs < pauseOf(parameters)) {
      throw new DriverError("DeadlineExceeded", "asked to be slow");
    }
    if (fault !== "rate") return;
    if (clock.monotonicMs() < next) {
      throw new DriverError("ResourceExhausted", "429: too many snapshots at a time");
    }
    next = clock.monotonicMs() + pauseOf(parameters);
  };
  return {
    driver,
    kept,
    calls,
    create(name, source, parameters) {
      calls.push(`create ${name}`);
      const call = (counts.get(name) ?? 0) + 1;
      counts.set(name, call);
      before(name, call, parameters);
      const { fault } = parameters;
      const handle = `${driver}/${name}${fault === "twice" && call > 1 ? `-${call}` : ""}`;
      const made = kept.get(handle) ?? {
        ...{ handle, source, bytes: 1 << 30, created: clock.now(), parameters },
      };
      kept.set(handle, made);
      if (call === 1 && (fault === "answer-lost" || fault === "twice")) {
        throw new DriverError("Unavailable", "asked to lose the answer");
      }
      return made;
    },
    keptGroups,
    createGroup(name, sources, parameters) {
      calls.push(`group ${name}`);
      const call = (counts.get(name) ?? 0) + 1;
      counts.set(name, call);
      before(name, call, parameters);
      const handle = `${driver}/${name}`;
      const created = clock.now();
      const members = sources.map((source) => ({
        ...{ handle: `${handle}/${source}`, source, bytes: 1 << 30, created, parameters },
        group: handle,
      }));
      const made = keptGroups.get(handle) ?? { handle, members };
      keptGroups.set(handle, made);
      for (const one of made.members) kept.set(one.handle, one);
      if (call === 1 && parameters["fault"] === "answer-lost") {
        throw new DriverError("Unavailable", "asked to lose the answer");
      }
      return made;
    },
    removeGroup(handle, members) {
      calls.push(`delete ${handle}`);
      const group = keptGroups.get(handle);
      if (group === undefined) return;
      const missing = group.members.find((one) => !members.includes(one.handle));
      if (missing !== undefined) {
        throw new DriverError("InvalidArgument", `snapshot ${missing.handle} is not named`);
      }
      for (const one of group.members) kept.delete(one.handle);
      keptGroups.delete(handle);
    },
    find: (handle) => kept.get(handle),
    isReady: ({ parameters, created }) =>
      parameters["fault"] !== "not-ready" ||
      clock.now().getTime() - created.getTime() >= pauseOf(parameters),
    remove(handle) {
      calls.push(`delete ${handle}`);
      const isKept = kept.get(handle)?.parameters["fault"] === "keep";
      if (refusal !== undefined || isKept) {
        throw new DriverError("FailedPrecondition", refusal ?? "asked to keep the snapshot");
      }
      if (isBound(kept.get(handle))) {
        throw new DriverError("InvalidArgument", "it goes only with its group");
      }
      kept.delete(handle);
    },
    put: (snapshot) => void kept.set(snapshot.handle, snapshot),
    refuseDeletion(text) {
      refusal = text;
    },
  };
}

/** Whether the driver deletes it only with its group, and says so when it is looked up. */
export function isBound(snapshot: KeptSnapshot | undefined): snapshot is KeptSnapshot {
  return snapshot?.group !== undefined && snapshot.parameters["members"] === "bound";
}
