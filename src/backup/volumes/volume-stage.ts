import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { listAll } from "../../catalog/list-objects.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import type { BackupPlan } from "../../domain/plan.ts";
import { coverageOf } from "../../domain/volumes/coverage.ts";
import { decideVolumes } from "../../domain/volumes/decide-volumes.ts";
import type {
  VolumeDecision,
  VolumeMethod,
  VolumeSubject,
} from "../../domain/volumes/volume-decision.ts";
import {
  type ClaimFacts,
  type PersistentVolumeFacts,
  type PodFacts,
  persistentVolumeFacts,
} from "../../domain/volumes/volume-facts.ts";
import type { Present } from "../../domain/volumes/volume-input.ts";
import { volumeSettings } from "../../domain/volumes/volume-settings.ts";
import type { ResourceListBuilder } from "../../format/resource-list.ts";
import type { VolumeRecord } from "../../format/volume-coverage.ts";
import { toArkError } from "../../lib/errors.ts";
import { decodeJson } from "../../lib/json-text.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import type { BackupRequest } from "../backup-run.ts";
import type { Collected } from "../collect-objects.ts";
import { endsTheRun } from "../list-kind.ts";
import type { NativeStage } from "../native/native-stage.ts";
import type { PlannedRun } from "../plan-run.ts";
import type { SnapshotStage } from "../snapshots/snapshot-stage.ts";
import { reportVolumes } from "./report-volumes.ts";
import { createVolumeGatherer, type VolumeObjects } from "./volume-objects.ts";

/** The stage that decides about the data of volumes, after all objects were collected. */
export interface VolumeStage {
  /** The builder, with an eye on the objects that pass. */
  watch(names: ResourceListBuilder): ResourceListBuilder;
  /**
   * How each volume of the backup is to be protected. Errors: those of the API server, where objects
   * that an earlier process took have to be read again.
   */
  decide(collected: Pick<Collected, "failures">, signal: AbortSignal): Promise<DecidedVolumes>;
  /** What came of that, with findings for volumes without protection. */
  conclude(decided: DecidedVolumes): readonly VolumeRecord[];
}

export interface DecidedVolumes {
  readonly decisions: readonly VolumeDecision[];
  readonly objects: VolumeObjects;
  /** By name, those included that are not in the backup. */
  readonly volumes: ReadonlyMap<string, PersistentVolumeFacts>;
}

export interface VolumeStageRun {
  readonly request: Pick<BackupRequest, "spec" | "requireCoverage">;
  readonly run: PlannedRun;
  readonly log: RunLog;
  readonly cluster: ClusterReader;
  readonly snapshots: Pick<SnapshotStage, "failureOf" | "groupOf">;
  readonly natives: Pick<NativeStage, "failureOf">;
}

/** Methods that this version carries out. */
const carriedOut: ReadonlySet<VolumeMethod> = new Set(["csi-snapshot", "native-snapshot"]);

export function openVolumeStage({
  request,
  run,
  log,
  cluster,
  snapshots,
  natives,
}: VolumeStageRun): VolumeStage {
  const { plan, discovery } = run;
  const gatherer = createVolumeGatherer(discovery.kinds);
  return {
    watch: gatherer.watch,
    async decide({ failures }, signal) {
      const objects = await gatherer.objects(cluster, signal);
      const unseen = await readUnseenVolumes(objects, discovery.kinds, cluster, signal);
      const claims = claimsOf(objects, plan, failures);
      const decided = decideVolumes(
        {
          pods: objects.pods.map((facts) => ({ facts })),
          claims: claims.known.filter(({ facts }) => !unseen.isUnreadable(facts)),
          volumes: [...[...objects.volumes.values()].map((facts) => ({ facts })), ...unseen.found],
        },
        volumeSettings(request.spec, plan.policies?.rules),
      );
      const unread = claims.known.flatMap(({ facts }) =>
        unseen.isUnreadable(facts) ? [undecided(facts, unseen.reason)] : [],
      );
      const volumes = new Map(objects.volumes);
      for (const { facts } of unseen.found) volumes.set(facts.name, facts);
      return { decisions: [...decided, ...unread, ...claims.unread], objects, volumes };
    },
    conclude({ decisions, objects }) {
      const records = recordsOf(decisions, snapshots, natives);
      reportVolumes({ records, pods: objects.pods, required: request.requireCoverage }, log);
      return records;
    },
  };
}

interface UnseenVolumes {
  readonly found: readonly Present<PersistentVolumeFacts>[];
  isUnreadable(claim: ClaimFacts): boolean;
  readonly reason: string;
}

/** Volumes that bound claims name and that are not in the backup: they decide all the same. */
async function readUnseenVolumes(
  { claims, volumes }: VolumeObjects,
  kinds: readonly ResourceKind[],
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<UnseenVolumes> {
  const isUnseen = ({ phase, volumeName }: ClaimFacts): boolean =>
    phase === "Bound" && volumeName !== "" && !volumes.has(volumeName);
  const wanted = new Set([...claims.values()].filter(isUnseen).map((claim) => claim.volumeName));
  const found: Present<PersistentVolumeFacts>[] = [];
  const kind = kinds.find((one) => groupResource(one) === "persistentvolumes");
  if (wanted.size === 0 || kind === undefined) {
    return { found, isUnreadable: () => false, reason: "" };
  }
  try {
    for await (const { name, bytes } of listAll(cluster, { kind }, { signal })) {
      if (!wanted.has(name)) continue;
      const facts = persistentVolumeFacts(decodeJson(bytes.toString()));
      found.push({ facts, leftOutBy: "it is not in the backup" });
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun.has(error.code)) throw error;
    const reason = `its persistent volume could not be read: ${error.answer ?? error.message}`;
    return { found: [], isUnreadable: isUnseen, reason };
  }
  return { found, isUnreadable: () => false, reason: "" };
}

interface Claims {
  readonly known: readonly Present<ClaimFacts>[];
  /** Named by pods, of a kind that could not be listed. */
  readonly unread: readonly VolumeDecision[];
}

/** Those in the backup, and those that only its pods name. */
function claimsOf(
  { pods, claims }: VolumeObjects,
  plan: BackupPlan,
  failures: Collected["failures"],
): Claims {
  const known: Present<ClaimFacts>[] = [...claims.values()].map((facts) => ({ facts }));
  const unread: VolumeDecision[] = [];
  const resource = "persistentvolumeclaims";
  const failure = failures.find(({ kind }) => groupResource(kind) === resource);
  const leftOutKind = plan.leftOut.find((kind) => kind.resource === resource);
  const leftOutBy =
    leftOutKind?.reason ?? "its claim is not in the backup: filters leave it out, or it is gone";
  for (const [namespace, name] of unknownClaims(pods, claims)) {
    const nothing = { uid: "", labels: {}, phase: "", volumeName: "", accessModes: [] };
    const facts = { namespace, name, ...nothing };
    if (failure === undefined) known.push({ facts, leftOutBy });
    else unread.push(undecided(facts, "its claim could not be read"));
  }
  return { known, unread };
}

function unknownClaims(
  pods: readonly PodFacts[],
  claims: VolumeObjects["claims"],
): readonly (readonly [string, string])[] {
  const unknown = new Map<string, readonly [string, string]>();
  for (const { namespace, volumes } of pods) {
    for (const { claim } of volumes) {
      const key = `${namespace}/${claim}`;
      if (claim !== undefined && !claims.has(key)) unknown.set(key, [namespace, claim]);
    }
  }
  return [...unknown.values()];
}

function undecided({ namespace, name }: ClaimFacts, text: string): VolumeDecision {
  return {
    subject: { kind: "claim", namespace, name },
    outcome: { state: "unprotected" },
    reason: { by: "volume", text },
  };
}

function recordsOf(
  decisions: readonly VolumeDecision[],
  snapshots: VolumeStageRun["snapshots"],
  natives: VolumeStageRun["natives"],
): readonly VolumeRecord[] {
  const coverage = coverageOf(decisions, carriedOut, (subject, method) => {
    if (method === "native-snapshot") return natives.failureOf(subject);
    if (subject.kind !== "claim") return undefined;
    return snapshots.failureOf(`${subject.namespace}/${subject.name}`);
  });
  const lists = [
    ["protected", coverage.protected],
    ["left-out", coverage.leftOut],
    ["unprotected", coverage.unprotected],
  ] as const;
  const groupOf = (subject: VolumeSubject): string | undefined =>
    subject.kind === "claim"
      ? snapshots.groupOf(`${subject.namespace}/${subject.name}`)
      : undefined;
  const whole = (state: VolumeRecord["state"], subject: VolumeSubject, why: string): string => {
    const group = state === "protected" ? groupOf(subject) : undefined;
    return group === undefined ? why : `${why}; by one cut with volume group "${group}"`;
  };
  return lists.flatMap(([state, volumes]) =>
    volumes.map(({ subject, why, reason, decided }) => ({
      ...subject,
      state,
      ...(decided === undefined ? {} : { method: decided }),
      by: reason.by,
      ...(reason.rule === undefined ? {} : { rule: reason.rule }),
      why: whole(state, subject, why),
    })),
  );
}
