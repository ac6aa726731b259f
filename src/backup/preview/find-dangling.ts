import type { RawObject } from "../../api/raw-object.ts";
import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import type { ItemReference } from "../../domain/references/item-reference.ts";
import {
  accountMentions,
  claimMentions,
  ingressMentions,
  type PodMentionsLens,
  podMentions,
} from "../../domain/references/mentions.ts";
import type { ResourceListBuilder } from "../../format/resource-list.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { toArkError } from "../../lib/errors.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { decodedObject } from "../decoded-object.ts";
import { endsTheRun } from "../list-kind.ts";
import { danglingFinding } from "../report-related.ts";

const getsInFlight = 8;
/** References that are looked up one by one, as what they name is not in the backup. */
const mostLookedUp = 200;

/** Notes what objects of a backup need, and finds what of it does not exist. */
export interface NeedsWatch {
  watch(names: ResourceListBuilder): ResourceListBuilder;
  /** Errors: those after which no question would be answered. */
  report(cluster: ClusterReader, log: RunLog, signal: AbortSignal): Promise<void>;
}

/** Kinds whose objects pods, claims and accounts name beside what a backup follows. */
const neededKinds: ReadonlySet<string> = new Set([
  "secrets",
  "configmaps",
  "serviceaccounts",
  "storageclasses.storage.k8s.io",
  "runtimeclasses.node.k8s.io",
  "ingressclasses.networking.k8s.io",
]);

interface Needed extends ItemReference {
  /** `Pod shop/web`: the first that needs it. */
  readonly by: string;
}

export function createNeedsWatch(kinds: readonly ResourceKind[]): NeedsWatch {
  const resources = new Map(kinds.map((kind) => [kind.kind, groupResource(kind)]));
  const taken = new Set<string>();
  const needed = new Map<string, Needed>();
  const keyOf = ({ resource, namespace, name }: ItemReference): string =>
    `${resource} ${namespace}/${name}`;
  return {
    watch: (names) => ({
      add(apiVersion, kindName, object) {
        const { namespace, name } = object;
        const resource = resources.get(kindName) ?? "";
        if (neededKinds.has(resource)) taken.add(keyOf({ resource, namespace, name }));
        const mentions = mentionsOf[kindName];
        if (mentions !== undefined && isRaw(object)) {
          const by = `${kindName} ${namespace}/${name}`;
          for (const need of mentions(decodedObject<Lens>(object), namespace)) {
            const key = keyOf(need);
            if (!needed.has(key)) needed.set(key, { ...need, by });
          }
        }
        names.add(apiVersion, kindName, object);
      },
      finish: () => names.finish(),
    }),
    async report(cluster, log, signal) {
      const open = [...needed].filter(([key]) => !taken.has(key)).map(([, need]) => need);
      const asked = open.slice(0, mostLookedUp);
      const refused = new Map<string, string>();
      await mapConcurrently(asked, getsInFlight, async (need) => {
        const kind = kinds.find((one) => groupResource(one) === need.resource);
        if (kind === undefined) return;
        const { namespace, name } = need;
        try {
          const found = await cluster.get({ kind, namespace, name }, { signal });
          if (found === undefined) log.find(danglingFinding(need, `${need.by} refers to it`));
        } catch (thrown) {
          signal.throwIfAborted();
          const error = toArkError(thrown);
          if (endsTheRun.has(error.code)) throw error;
          refused.set(need.resource, error.answer ?? error.message);
        }
      });
      for (const [resource, why] of refused) {
        reportUnknown(`whether ${resource} that objects refer to exist`, why, log);
      }
      if (open.length > asked.length) {
        const rest = `${open.length - asked.length} more references to what is not in this backup`;
        reportUnknown(rest, `only ${mostLookedUp} are looked up`, log);
      }
    },
  };
}

function isRaw(object: object): object is RawObject {
  return "bytes" in object;
}

function reportUnknown(what: string, why: string, log: RunLog): void {
  const message = `${what}: not known, ${why}`;
  log.find({ severity: "warning", code: "ARK_RELATED_LEFT_OUT", message });
}

type Mentions = (object: Lens, namespace: string) => readonly ItemReference[];

interface Lens {
  readonly spec?: PodMentionsLens["spec"] & {
    readonly template?: PodMentionsLens;
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodMentionsLens } };
    readonly storageClassName?: string;
    readonly ingressClassName?: string;
    readonly tls?: readonly { readonly secretName?: string }[];
  };
  readonly status?: { readonly phase?: string };
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
}

const ofTemplate: Mentions = ({ spec }, namespace) => podMentions(spec?.template ?? {}, namespace);

const mentionsOf: Readonly<Record<string, Mentions>> = {
  Pod: podMentions,
  Deployment: ofTemplate,
  StatefulSet: ofTemplate,
  DaemonSet: ofTemplate,
  Job: ofTemplate,
  CronJob: ({ spec }, namespace) => podMentions(spec?.jobTemplate?.spec?.template ?? {}, namespace),
  // A bound claim keeps its volume, and classes of volumes made by hand often do not exist.
  PersistentVolumeClaim: (claim) => (claim.status?.phase === "Bound" ? [] : claimMentions(claim)),
  ServiceAccount: accountMentions,
  Ingress: ingressMentions,
};
