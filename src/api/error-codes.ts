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
  ARK_API_PROTOCOL: failed("The API server sent something that is not valid for its protocol."),
  ARK_KIND_UNKNOWN: usage(
    "No kind of this name is served by the cluster, or the backup to restore holds none of it.",
  ),
  ARK_KIND_NOT_SERVED: failed("The cluster does not serve the kind of an object in the backup."),
  ARK_LIST_FAILED: failed(
    "A kind in scope could not be listed; its objects are not in the backup.",
  ),
  ARK_ITEM_ACTION: failed("An item action failed on an object, which is not in the backup."),
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
  ARK_OBJECT_DIFFERS: failed("An object that is there differs from the backup and was left alone."),
  ARK_DEFINITION_NOT_READY: failed("A restored definition was not established in time."),
  ARK_VOLUME_EMPTY: failed("A claim gets a new, empty volume: the backup has no data of it."),
  ARK_VOLUME_MISSING: failed("A claim names a volume that is neither in backup nor cluster."),
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
  ARK_HOOK_FAILED: failed("A hook of a pod failed or could not be run."),
  ARK_HOOK_INVALID: failed("An annotation of a hook has a value that is not used."),
  ARK_POD_FROZEN: failed("A pod may be frozen still: its post hook did not end well."),
  ARK_MODE_UNCLEAR: usage("It cannot be told whether a server should do the work."),
} as const satisfies Record<`ARK_${string}`, CatalogueEntry>;

export type KnownErrorCode = keyof typeof errorCatalogue;
