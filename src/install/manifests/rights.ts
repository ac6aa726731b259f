import { veleroKinds } from "../../api/velero-kinds.ts";
import type { ServerRequest } from "./server-request.ts";

/** A rule of a role, and the reason it is there; the reasons are rendered into docs/rights.md. */
export interface Right {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly why: string;
}

/** In the whole cluster. */
export function clusterRights({ restores }: Pick<ServerRequest, "restores">): readonly Right[] {
  return restores ? [...readRights, ...writeRights] : readRights;
}

const readRights: readonly Right[] = [
  {
    apiGroups: ["*"],
    resources: ["*"],
    verbs: ["get", "list", "watch"],
    why: "A backup holds every object of every kind, those of kinds that come later too; a restore compares with what is there. This includes all Secrets, and whatever a GET of a subresource gives (logs; to nodes and services through the API server's proxy).",
  },
  {
    apiGroups: [""],
    resources: ["pods/exec"],
    verbs: ["create", "get"],
    why: "Hooks are commands that run in pods, such as the freeze of a database; clients over WebSocket need get, and create with newer API servers.",
  },
  {
    apiGroups: ["snapshot.storage.k8s.io"],
    resources: ["volumesnapshots", "volumesnapshotcontents"],
    verbs: ["create", "patch", "delete"],
    why: "A backup makes snapshots of CSI volumes, keeps what the storage holds of them, and removes their objects.",
  },
  {
    apiGroups: ["groupsnapshot.storage.k8s.io"],
    resources: ["volumegroupsnapshots", "volumegroupsnapshotcontents"],
    verbs: ["create", "patch", "delete"],
    why: "The same for volumes that are labelled as a group, which are snapshotted by one cut where the cluster can.",
  },
];

const writeRights: readonly Right[] = [
  {
    apiGroups: ["*"],
    resources: ["*"],
    verbs: ["create", "update", "patch", "delete"],
    why: "A restore makes objects of every kind that a backup can hold, writes their status and scale, and deletes with the policy recreate, with prune and with undo. Who may write everything can take any right there is: treat the server's account as one of the cluster's administrators.",
  },
  {
    apiGroups: ["rbac.authorization.k8s.io"],
    resources: ["clusterroles", "roles"],
    verbs: ["bind", "escalate"],
    why: "A restore of roles and their bindings gives rights that the server does not have itself, and the API server asks for these two verbs then.",
  },
];

/** In the server's own namespace. They hold alone where the rights in the cluster are cut down. */
export function namespaceRights({ downloads }: Pick<ServerRequest, "downloads">): readonly Right[] {
  return [...ownRights, ...(downloads ? downloadRights : [])];
}

/** Names as in server/downloads. */
const downloadRights: readonly Right[] = [
  {
    apiGroups: [""],
    resources: ["secrets"],
    verbs: ["create"],
    why: "The leader makes the two Secrets of the downloads. A rule with names cannot allow a create.",
  },
  {
    apiGroups: [""],
    resources: ["secrets"],
    resourceNames: ["ark-ts-downloads", "ark-ts-downloads-ca"],
    verbs: ["update"],
    why: "It renews the key that signs URLs every day, and the certificates when they come to their end.",
  },
];

const ownRights: readonly Right[] = [
  {
    apiGroups: ["velero.io"],
    resources: veleroKinds.map(({ plural }) => plural),
    verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
    why: "They are what the server works on: it writes their status, makes Backups of Schedules and of what it finds in the bucket, and deletes those that have expired.",
  },
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    verbs: ["create"],
    why: "The first server makes the Lease by which one of the replicas leads. A rule with names cannot allow a create.",
  },
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    resourceNames: ["ark-ts"],
    verbs: ["get", "list", "watch", "update"],
    why: "The leader renews the Lease, the others watch it. Nobody deletes it: its number of terms fences off former leaders.",
  },
  {
    apiGroups: [""],
    resources: ["secrets"],
    verbs: ["get"],
    why: "Credentials of locations.",
  },
  {
    apiGroups: [""],
    resources: ["configmaps"],
    verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
    why: "Rules that Backups and Restores name, and the server's copies of Schedules, locations and unfinished runs, from which it recovers when somebody removes the kinds of velero.io.",
  },
  {
    apiGroups: [""],
    resources: ["events"],
    verbs: ["create", "patch"],
    why: "What happens to a Backup, a Restore or a location is told as an Event on it.",
  },
];
