import type { RunOwner } from "../../src/catalog/run-owner.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import type { Fault, FaultCall } from "../support/api-server/faults.ts";
import type { FaultPlan } from "./faults.ts";
import type { SimTime } from "./sim-time.ts";

/** A run of the command: it can be cancelled, stand still, and die. */
export interface SimProcess {
  readonly owner: RunOwner;
  readonly state: "running" | "ended" | "dead";
  readonly cluster: Cluster;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly plan: FaultPlan;
  readonly time: SimTime;
  /** Uploads that this process began. */
  readonly uploads: Set<string>;
  /** Answers of startUpload that were lost: nobody can know those uploads. */
  readonly unknownUploads: Set<string>;
  /** Of them, those that no checkpoint tells of. */
  readonly unwritten: Set<string>;
  /** Uploads that it would have freed, had the store done it. */
  readonly unfreed: Set<string>;
  /** Of the name that it has claimed; 0: none. */
  epoch: number;
  /** It has read of a claim with a higher epoch. */
  isSuperseded: boolean;
  /** It ended because another had taken its run over. */
  hasLost: boolean;
  hasStalled: boolean;
  /** What it wrote all the same. */
  trespassed: string | undefined;
  /** It has begun to remove a journal. */
  hasTidied: boolean;
  /** What it sent was stored wrong. */
  corrupted: boolean;
  /** Seals that it put into the store and has not withdrawn. */
  sealed: number;
  cancel(): void;
  kill(): void;
  end(): void;
  /** Never resolves before the end of the world once the process is dead; waits while it stalls. */
  alive(): Promise<void>;
  stall(ms: number): void;
  /** Somebody gives up waiting: cancels, and kills if that does not help. */
  giveUpSoon(): void;
  readonly died: Promise<void>;
  /** What the API server is to do with a request of this process. */
  apiFault(call: FaultCall): Fault | undefined;
}

export const never = (): Promise<never> => new Promise(() => undefined);
