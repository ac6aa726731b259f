import { backoffMs } from "../lib/backoff.ts";
import { hasCode, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader, ClusterWriter } from "../ports/cluster.ts";
import type { ClusterWatcher } from "../ports/cluster-watch.ts";
import type { Log } from "../ports/log.ts";
import { holdLease } from "./hold-lease.ts";
import { createInformer } from "./informer.ts";
import { createTerm, type LeaderTerm, type OwnTerm, sentAt } from "./leader-term.ts";
import { createLeaseAccess, type LeaseAccess } from "./lease-access.ts";
import { createLeaseObserver, type LeaseObserver } from "./lease-observer.ts";
import { type LeaseRecord, leaseKind, readLease } from "./lease-record.ts";
import { pause } from "./pause.ts";

export interface LeaderElectionPorts {
  /** One of its own (`connectCluster`), so that a renewal waits in no queue behind other writes. */
  readonly cluster: Pick<ClusterReader, "list" | "get"> &
    Pick<ClusterWriter, "create" | "replace"> &
    ClusterWatcher;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LeaderElectionOptions {
  readonly namespace: string;
  /** Of the Lease. */
  readonly name: string;
  /** Who this is: another for each start of each process. */
  readonly identity: string;
  /** Others take the Lease when it has not changed for so long. Default 6,000. */
  readonly durationMs?: number;
  /** Default 2,000. */
  readonly renewMs?: number;
  /** Without a renewal for so long the leader stops; less than `durationMs`. Default 5,000. */
  readonly deadlineMs?: number;
}

export interface LeaderElection {
  /**
   * Campaigns until `stop` aborts, and calls `lead` for each term that is won, one at a time. `lead`
   * has to end soon after `term.lost` or `stop` aborts; until it has, the Lease is renewed, so that
   * work can be drained, and then given up. Ends when `lead` ends of itself, rejects with what it
   * throws then, and rejects for nothing that the server does.
   */
  run(lead: (term: LeaderTerm) => Promise<void>, stop: AbortSignal): Promise<void>;
  /** Whether this process leads, in this very term, by the clock of this moment. */
  isLeader(epoch: number): boolean;
  /** Who holds the Lease as far as is known; empty: nobody, or not known yet. */
  readonly holder: string;
}

type Settings = Required<LeaderElectionOptions>;

/** Between two attempts at a Lease that could not be read or written. */
const campaignPause = { baseMs: 500, capMs: 4_000 };

/**
 * Leader election by a Lease, as client-go's: that a holder is gone is not told by the Lease's
 * times, as each machine has its own, but by how long it has not changed by the observer's clock.
 */
export function createLeaderElection(
  ports: LeaderElectionPorts,
  options: LeaderElectionOptions,
): LeaderElection {
  const { clock, log } = ports;
  const settings: Settings = { durationMs: 6_000, renewMs: 2_000, deadlineMs: 5_000, ...options };
  const { namespace, name, renewMs } = settings;
  const observer = createLeaseObserver(clock);
  const access = createLeaseAccess(ports, settings, observer);
  const informer = createInformer(ports, {
    kind: leaseKind,
    namespace,
    fieldSelector: `metadata.name=${name}`,
    // Whoever leads changes the Lease all the time.
    silenceMs: 2 * settings.durationMs,
    keep: readLease,
  });
  informer.onChange(({ after }) => observer.saw(after));
  const candidate: Candidate = { clock, log, settings, observer, access };
  let term: OwnTerm | undefined;
  return {
    async run(lead, stop) {
      const over = new AbortController();
      const following = informer.run(over.signal);
      try {
        while (!stop.aborted) {
          term = await campaign(candidate, stop);
          if (term === undefined) return;
          const end = await holdLease({ access, clock, log, renewMs }, term, lead);
          if (end === "ended") return;
        }
      } catch (error) {
        if (!stop.aborted) throw error;
        log.write("warn", "work ended with an error", { error: toArkError(error) });
      } finally {
        over.abort();
        await following;
      }
    },
    isLeader: (epoch) => term !== undefined && term.epoch === epoch && !term.isOver(),
    get holder() {
      return observer.last?.holder ?? "";
    },
  };
}

interface Candidate {
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Settings;
  readonly observer: LeaseObserver;
  readonly access: LeaseAccess;
}

/** Waits for the Lease to be free, and takes it. Undefined once `stop` aborts. */
async function campaign(candidate: Candidate, stop: AbortSignal): Promise<OwnTerm | undefined> {
  const { clock, log, settings, observer, access } = candidate;
  for (let failures = 0; !stop.aborted; failures += 1) {
    try {
      if (observer.isKnown && heldFor(observer, settings) > 0) {
        await observer.changedOrAfter(heldFor(observer, settings), stop);
        failures = -1;
        continue;
      }
      // What was seen may be old: nothing is taken that was not looked at just now.
      const lease = await access.read(stop);
      if (heldFor(observer, settings) <= 0) return await take(candidate, lease, stop);
    } catch (error) {
      if (stop.aborted) break;
      const isTaken = hasCode(error, "ARK_API_CONFLICT");
      if (!isTaken && failures === 0) {
        log.write("warn", "lease not available", { error: toArkError(error) });
      }
      await pause(clock, backoffMs(campaignPause, failures + 1, clock.random()), stop);
    }
  }
  return undefined;
}

/**
 * For how long another may still count as its holder. One of our own that is over is free. One that
 * was there and is gone is not at once: who held it notices at its next renewal.
 */
function heldFor(observer: LeaseObserver, { identity, durationMs }: Settings): number {
  const { last, highestEpoch } = observer;
  const isFree = last === undefined ? highestEpoch === 0 : ["", identity].includes(last.holder);
  return isFree ? 0 : observer.leftMs(durationMs);
}

async function take(
  { clock, log, settings, observer, access }: Candidate,
  before: LeaseRecord | undefined,
  stop: AbortSignal,
): Promise<OwnTerm> {
  const claim = { holder: settings.identity, epoch: observer.highestEpoch + 1 };
  const sent = sentAt(clock);
  const lease = await access.write(before, claim, { signal: stop });
  log.write("info", "leading", { epoch: lease.epoch, before: before?.holder ?? "" });
  return createTerm(clock, settings.deadlineMs, lease, sent);
}
