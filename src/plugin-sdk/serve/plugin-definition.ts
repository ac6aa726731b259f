/**
 * What a plugin in an executable of its own offers. Names have the form `example.com/name`. The
 * shapes are Velero's own, so that the same executable is loaded by Velero and by ark-ts.
 */

/** Names of kinds may be plural, singular, short, or the Kind, with or without `.group`. */
export interface Selector {
  readonly includedNamespaces?: readonly string[];
  readonly excludedNamespaces?: readonly string[];
  readonly includedResources?: readonly string[];
  readonly excludedResources?: readonly string[];
  /** In kubectl's notation. */
  readonly selector?: string;
}

/** An item of the cluster as JSON; numbers beyond 2^53 lose digits once they are parsed. */
export interface Item {
  readonly bytes: Uint8Array;
  /** Parsed anew by each call. */
  object(): Record<string, unknown>;
}

/** A Backup or Restore of `velero.io/v1`. */
export type Resource = Readonly<Record<string, unknown>>;

export interface ItemName {
  /** Empty for the core group. */
  readonly group: string;
  /** Plural. */
  readonly resource: string;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

export interface Progress {
  readonly completed: boolean;
  /** Of an operation that failed. */
  readonly error?: string;
  readonly unitsCompleted?: bigint;
  readonly unitsTotal?: bigint;
  readonly units?: string;
  readonly description?: string;
}

export interface BackupAnswer {
  /** In place of the item; absent: unchanged. */
  readonly item?: Record<string, unknown>;
  readonly additionalItems?: readonly ItemName[];
}

export interface BackupAnswerV2 extends BackupAnswer {
  readonly operationId?: string;
  /** Read again when the operation has ended. */
  readonly postOperationItems?: readonly ItemName[];
}

export interface RestoreAnswer {
  readonly item?: Record<string, unknown>;
  readonly additionalItems?: readonly ItemName[];
  readonly skipRestore?: boolean;
}

export interface RestoreAnswerV2 extends RestoreAnswer {
  readonly operationId?: string;
  readonly waitForAdditionalItems?: boolean;
  readonly additionalItemsReadyTimeoutMs?: number;
}

interface Action {
  readonly appliesTo: Selector;
}

export interface BackupAction extends Action {
  execute(item: Item, backup: Resource): Promise<BackupAnswer>;
}

/** Operations are asked for in another process than the one that began them. */
export interface BackupActionV2 extends Action {
  execute(item: Item, backup: Resource): Promise<BackupAnswerV2>;
  progress(operationId: string, backup: Resource): Promise<Progress>;
  cancel(operationId: string, backup: Resource): Promise<void>;
}

export interface RestoreAction extends Action {
  execute(item: Item, itemFromBackup: Item, restore: Resource): Promise<RestoreAnswer>;
}

export interface RestoreActionV2 extends Action {
  execute(item: Item, itemFromBackup: Item, restore: Resource): Promise<RestoreAnswerV2>;
  progress(operationId: string, restore: Resource): Promise<Progress>;
  cancel(operationId: string, restore: Resource): Promise<void>;
  areAdditionalItemsReady(items: readonly ItemName[], restore: Resource): Promise<boolean>;
}

export interface DeleteAction extends Action {
  execute(item: Item, backup: Resource): Promise<void>;
}

export interface BlockAction extends Action {
  relatedItems(item: Item, backup: Resource): Promise<readonly ItemName[]>;
}

export type Config = Readonly<Record<string, string>>;

/** Keys have the prefix of the location already; all errors are thrown. */
export interface ServedObjectStore {
  put(bucket: string, key: string, body: AsyncIterable<Uint8Array>): Promise<void>;
  exists(bucket: string, key: string): Promise<boolean>;
  get(bucket: string, key: string): AsyncIterable<Uint8Array>;
  /** Each with the delimiter at its end. */
  listCommonPrefixes(bucket: string, prefix: string, delimiter: string): Promise<readonly string[]>;
  list(bucket: string, prefix: string): Promise<readonly string[]>;
  delete(bucket: string, key: string): Promise<void>;
  signedUrl(bucket: string, key: string, ttlMs: number): Promise<string>;
}

export interface ServedVolumeSnapshotter {
  /** Empty: not one of this plugin's. */
  volumeId(volume: Record<string, unknown>): Promise<string>;
  setVolumeId(volume: Record<string, unknown>, volumeId: string): Promise<Record<string, unknown>>;
  volumeInfo(volumeId: string, zone: string): Promise<{ type: string; iops?: bigint }>;
  createSnapshot(
    volumeId: string,
    zone: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<string>;
  createVolume(
    snapshotId: string,
    volume: { readonly type: string; readonly zone: string; readonly iops?: bigint },
  ): Promise<string>;
  /** A snapshot that is gone counts as deleted. */
  deleteSnapshot(snapshotId: string): Promise<void>;
}

type Named<Value> = Readonly<Record<string, Value>>;

/** By name. Stores and snapshotters are opened once in a process, with one location's config. */
export interface PluginDefinition {
  readonly objectStores?: Named<(config: Config) => Promise<ServedObjectStore>>;
  readonly volumeSnapshotters?: Named<(config: Config) => Promise<ServedVolumeSnapshotter>>;
  readonly backupActions?: Named<BackupAction>;
  readonly backupActionsV2?: Named<BackupActionV2>;
  readonly restoreActions?: Named<RestoreAction>;
  readonly restoreActionsV2?: Named<RestoreActionV2>;
  readonly deleteActions?: Named<DeleteAction>;
  readonly blockActions?: Named<BlockAction>;
}
