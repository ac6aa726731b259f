/** How a command ends when this error ends it; design part 3 gives the exit statuses. */
export type ExitClass = "failed" | "usage" | "cancelled";

export interface CatalogueEntry {
  readonly exit: ExitClass;
  /** One sentence for docs/errors.md. */
  readonly meaning: string;
}

const failed = (meaning: string): CatalogueEntry => ({ exit: "failed", meaning });
const usage = (meaning: string): CatalogueEntry => ({ exit: "usage", meaning });

/** Every code that ark-ts can print. `docs/errors.md` is rendered from this; a test holds both. */
export const errorCatalogue = {
  ARK_UNEXPECTED: failed("Something failed that ark-ts has no sentence for; report it."),
  ARK_CANCELLED: { exit: "cancelled", meaning: "The run was cancelled by the user." },
  ARK_USAGE: usage("A flag or argument is unknown, malformed or without effect here."),
  ARK_CONFIG_INVALID: usage("The configuration file of ark-ts cannot be read as such."),
  ARK_LOCATION_UNKNOWN: usage("No backup location of this name is configured."),
  ARK_NAME_INVALID: usage("A name is not allowed for the thing it names."),
  ARK_NAME_TAKEN: failed("A backup or restore of this name exists already."),
  ARK_NAME_IN_USE: failed("Another run that is alive owns this name."),
  ARK_NAME_LOST: failed("Another process has taken over the run; this one writes nothing more."),
  ARK_BACKUP_NOT_FOUND: failed("The location holds no backup of this name."),
  ARK_BACKUP_DAMAGED: failed("Bytes of the backup differ from what was written."),
  ARK_BACKUP_FORMAT: failed("The backup has a format or a feature that this version cannot read."),
  ARK_BACKUP_FOREIGN: failed("A folder among the backups holds files that are no backup's."),
  ARK_BACKUP_OWNS_DATA: failed(
    "The backup owns snapshots or moved data that this version cannot delete.",
  ),
  ARK_RESTORE_NOT_FOUND: failed("The location holds no restore of this name."),
  ARK_UNDO_IMPOSSIBLE: failed("The restore cannot be undone, or not in this cluster."),
  ARK_OBJECT_NOT_FOUND: failed("The backup holds no such object."),
  ARK_ARCHIVE_INVALID: failed("The archive is not one that can be read safely."),
  ARK_JSON_INVALID: failed("Bytes that should be JSON are not."),
  ARK_STORE_DENIED: failed("The store refused the credentials or the right."),
  ARK_STORE_UNREACHABLE: failed("The store could not be reached over the network."),
  ARK_STORE_BUCKET_MISSING: failed("The bucket or directory of the location does not exist."),
  ARK_STORE_NOT_FOUND: failed("The store has no object of this key."),
  ARK_STORE_EXISTS: failed("A create-only put met an existing object."),
  ARK_STORE_FULL: failed("The store has no room left."),
  ARK_STORE_READ_ONLY: failed("The store cannot be written to."),
  ARK_STORE_UNSUPPORTED: failed("The store lacks a feature that this needs."),
  ARK_STORE_FAILED: failed("The store answered with an error."),
  ARK_KUBECONFIG_INVALID: usage("The kubeconfig cannot be used."),
  ARK_CREDENTIAL_PLUGIN: failed("The credential plugin of the kubeconfig failed."),
  ARK_API_UNREACHABLE: failed("The API server could not be reached."),
  ARK_API_UNAUTHORIZED: failed("The API server does not accept the credentials."),
  ARK_API_FORBIDDEN: failed("The API server forbids this for the user."),
  ARK_API_NOT_FOUND: failed("The API server has no such object or kind."),
  ARK_API_CONFLICT: failed("The object was changed or exists already."),
  ARK_API_INVALID: failed("The API server found the object invalid."),
  ARK_API_GONE: failed("The API server no longer holds the requested revision."),
  ARK_API_THROTTLED: failed("The API server asked to slow down for longer than was waited."),
  ARK_API_FAILED: failed("The API server answered with an error."),
  ARK_WATCH_SILENT: failed("A watch of the API server gave no sign of life, and is renewed."),
  ARK_HANDED_OVER: failed(
    "A server that stops has left a run to the replica that leads next, which goes on with it.",
  ),
  ARK_LEADERSHIP_LOST: failed("Another replica leads, or may do so; this one writes nothing more."),
  ARK_API_PROTOCOL: failed("The API server sent something that is not valid for its protocol."),
  ARK_KIND_UNKNOWN: usage(
    "No kind of this name is served by the cluster, or the backup to restore holds none of it.",
  ),
  ARK_KIND_NOT_SERVED: failed("The cluster does not serve the kind of an object in the backup."),
  ARK_LIST_FAILED: failed(
    "A kind in scope could not be listed; its objects are not in the backup.",
  ),
  ARK_KIND_REMOVED: failed(
    "A kind, or a version of it, was removed from the cluster while a backup listed it.",
  ),
  ARK_VERSION_INCOMPLETE: failed(
    "Some objects of a kind are not in the backup in each version that the kind is served in.",
  ),
  ARK_VERSION_NOT_COMMON: failed(
    "The cluster serves a kind in none of the versions that the backup holds of it.",
  ),
  ARK_VERSION_PRIORITIES: failed("The priorities of versions could not be read or used in full."),
  ARK_ITEM_ACTION: failed(
    "An item action failed on an object; the message says what became of it.",
  ),
  ARK_ITEM_OPERATION: failed(
    "An operation that an item action of a backup or restore began failed, or what it was to change could not be read again.",
  ),
  ARK_LABEL_NO_EFFECT: failed(
    "A label that should leave objects out of a backup is not written as it must be: they are in it.",
  ),
  ARK_ORDER_NO_EFFECT: failed("The ordered resources name something that is not in the backup."),
  ARK_REFERENCE_DANGLING: failed("Objects in the backup refer to one that does not exist."),
  ARK_RELATED_LEFT_OUT: failed("What objects in the backup refer to could not be read."),
  ARK_VOLUME_UNPROTECTED: failed("The data of a volume is not in the backup; its objects are."),
  ARK_VOLUME_UNKNOWN: failed("An annotation of a pod names a volume that the pod does not have."),
  ARK_NOTHING_SELECTED: failed("The filters and selectors match no object."),
  ARK_NAMESPACE_MISSING: usage("A namespace named by the user does not exist."),
  ARK_NAMESPACES_MERGED: failed(
    "Several namespaces of the backup become one: of objects of one name only one remains.",
  ),
  ARK_NAMESPACE_TERMINATING: failed(
    "The target namespace is being deleted and did not go away in time.",
  ),
  ARK_NOT_READY: failed("A restored workload was not ready when the wait for it ended."),
  ARK_OWNER_DROPPED: failed("Objects were restored without an owner that is not there."),
  ARK_OBJECT_TERMINATING: failed(
    "An object is being deleted and did not go away in time; its finalizers hold it.",
  ),
  ARK_OBJECT_NOT_REMADE: failed(
    "A restore deleted an object to make it anew, and nothing stands in its place; it is kept.",
  ),
  ARK_ADDRESS_CHANGED: failed(
    "A Service that a restore made does not have an address or node port that it had.",
  ),
  ARK_WRITE_UNANSWERED: failed(
    "A restore was cancelled before the API server answered a write: it may have been done.",
  ),
  ARK_OBJECT_DIFFERS: failed("An object that is there differs from the backup and was left alone."),
  ARK_RESTORED_DIFFERS: failed(
    "Restored objects are not as they were planned: a webhook or another writer changed them.",
  ),
  ARK_RESTORED_GONE: failed("An object was restored, and is gone when the run ends."),
  ARK_READ_BACK_FAILED: failed("What was restored could not be compared with the backup."),
  ARK_PLAN_DRIFTED: failed("Cluster or backup have changed since the restore plan was made."),
  ARK_NOT_PRUNED: failed(
    "A restore with --prune cannot be, or did not remove something that the backup does not have.",
  ),
  ARK_RESTORE_BLOCKED: failed(
    "A strict restore was not begun, for some of its objects would have failed.",
  ),
  ARK_API_SERVICE_NOT_READY: failed(
    "The APIService of an aggregated API was not Available in time; its objects are not restored.",
  ),
  ARK_DEFINITION_NOT_READY: failed(
    "A definition that was restored or installed was not established in time.",
  ),
  ARK_DEFINITION_CONFLICT: failed(
    "A definition of velero.io in the cluster cannot be made to hold what ark-ts needs.",
  ),
  ARK_KINDS_IN_USE: failed(
    "The kinds of velero.io are not removed: others use them, or it cannot be seen.",
  ),
  ARK_INSTALL_CONFLICT: failed(
    "Objects of an installation's names are in the cluster, and are somebody else's.",
  ),
  ARK_INSTALL_RIGHTS: failed("The user lacks rights that an installation needs."),
  ARK_SERVER_NOT_READY: failed("The server that was installed was not ready in time."),
  ARK_WEBHOOK_UNANSWERED: failed(
    "A restored webhook fails closed while its Service has no ready endpoint.",
  ),
  ARK_SNAPSHOT_FAILED: failed("A snapshot of a volume was not made, or not in its time."),
  ARK_SNAPSHOT_LEFT: failed("A snapshot that is no longer needed could not be removed."),
  ARK_SNAPSHOT_UNFINISHED: failed(
    "A provider was still at work on a snapshot, or could not be asked, when its backup ended.",
  ),
  ARK_SNAPSHOTS_NOT_SERVED: failed(
    "The cluster does not serve the kinds of CSI snapshots, which the command is about.",
  ),
  ARK_SNAPSHOT_GROUP: failed(
    "Volumes that are labelled as a group were snapshotted one by one: not one moment.",
  ),
  ARK_SNAPSHOT_CLASS: failed("A snapshot class that is named does not exist, or is not for it."),
  ARK_VOLUME_EMPTY: failed("A claim gets a new, empty volume: the backup has no data of it."),
  ARK_VOLUME_MISSING: failed("A claim names a volume that is neither in backup nor cluster."),
  ARK_STORAGE_CLASS_MISSING: failed(
    "An object was given a storage class that the cluster does not have.",
  ),
  ARK_VOLUME_DATA_UNSUPPORTED: failed(
    "The backup has data of a volume that this version cannot bring back.",
  ),
  ARK_POLICY_INVALID: usage("Resource policies cannot be used as they are written."),
  ARK_EXEC_REFUSED: failed("A command could not be run in a container."),
  ARK_EXEC_TIMEOUT: failed("A command in a container did not end in its time; it may go on there."),
  ARK_EXEC_LOST: failed(
    "The connection to a command in a container was lost: how it ended is unknown.",
  ),
  ARK_POLICY_MISSING: failed("There are no resource policies where the backup names some."),
  ARK_POLICY_NO_EFFECT: failed(
    "A part of the resource policies has not the effect it should have.",
  ),
  ARK_MODIFIER_INVALID: usage("Resource modifiers cannot be used as they are written."),
  ARK_MODIFIER_MISSING: failed("There are no resource modifiers where the restore names some."),
  ARK_MODIFIER_FAILED: failed(
    "A resource modifier could not be applied to an object, which was restored without it.",
  ),
  ARK_CHANGE_UNUSED: failed("A mapping or resource modifier applies to no object of the restore."),
  ARK_NOT_PASSIVE: failed("A passive restore brings back what may start work by itself."),
  ARK_HOOK_FAILED: failed("A hook of a pod failed or could not be run."),
  ARK_HOOK_INVALID: failed("An annotation of a hook has a value that is not used."),
  ARK_HOOK_NO_EFFECT: failed(
    "An entry of the spec's hooks is for no pod of the backup, or of the restore.",
  ),
  ARK_POD_FROZEN: failed("A pod may be frozen still: its post hook did not end well."),
  ARK_PLUGIN_START: failed("A plugin could not be started, or is none."),
  ARK_PLUGIN_FAILED: failed("A plugin answered a call with an error."),
  ARK_PLUGIN_ENDED: failed(
    "The process of a plugin ended during a call: whether it did what it was asked is not known.",
  ),
  ARK_PLUGIN_TIMEOUT: failed("A plugin did not answer in time, and its process was killed."),
  ARK_PLUGIN_TOO_LARGE: failed("An item is too large for a call of a plugin, which was not made."),
  ARK_PLUGIN_DISABLED: failed("A plugin ended again and again, and is not started any more."),
  ARK_PLUGIN_PROTOCOL: failed("A plugin sent something that is not valid for its protocol."),
  ARK_PLUGIN_UNSUPPORTED: failed("A plugin lacks a call that this needs."),
  ARK_VOLUME_OUTCOME_UNKNOWN: failed(
    "It is not known whether a provider made a snapshot or a volume; look before trying again.",
  ),
  ARK_VOLUME_NOT_MADE: failed("A provider made no volume of a native snapshot."),
  ARK_VOLUME_LEFT: failed("A provider made a volume that no PersistentVolume stands for."),
  ARK_VOLUME_UNSUPPORTED: failed("A volume snapshotter lacks a call that this needs."),
  ARK_PROVIDER_DENIED: failed(
    "A provider of volumes refused the credentials, or a right is missing.",
  ),
  ARK_PROVIDER_FAILED: failed("A provider of volumes answered a call with an error."),
  ARK_PROVIDER_UNREACHABLE: failed("A provider of volumes could not be reached."),
  ARK_MODE_UNCLEAR: usage("It cannot be told whether a server should do the work."),
} as const satisfies Record<`ARK_${string}`, CatalogueEntry>;

export type KnownErrorCode = keyof typeof errorCatalogue;
