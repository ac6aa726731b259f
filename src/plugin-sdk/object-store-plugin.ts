import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore } from "../ports/object-store.ts";

/** Where backups lie, as in a BackupStorageLocation: provider, bucket, prefix and `config`. */
export interface LocationSpec {
  /** Name or alias of a plugin: `directory`, `s3`, `aws`, `velero.io/aws`. */
  readonly provider: string;
  /** Bucket name; for `directory` the absolute path of the folder. */
  readonly bucket: string;
  /** Without leading or trailing `/`; empty for none. */
  readonly prefix: string;
  /** Keys and meanings as in Velero's plugin of the provider. */
  readonly config: Readonly<Record<string, string>>;
}

/** What a plugin may use of the process it runs in. */
export interface PluginContext {
  /** The environment, read once by the entry point. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly clock: Clock;
  readonly log?: Log;
}

/** What the documentation of a config key says; `parseOptions` knows no other keys. */
export interface OptionDoc {
  readonly key: string;
  readonly meaning: string;
  readonly default: string;
  /** Why a location that sets it is refused; absent when it is supported. */
  readonly refused?: string;
}

/** One kind of store. A plugin does no work on import, so that `--help` stays fast. */
export interface ObjectStorePlugin<Options = unknown> {
  readonly name: string;
  readonly options: readonly OptionDoc[];
  /**
   * Checks the whole location, without I/O. Errors: ARK_CONFIG_INVALID, naming every unknown,
   * malformed or unsupported key at once.
   */
  parseOptions(location: LocationSpec): Options;
  /** Makes the store; the first request may be left to the first call. */
  open(options: Options, context: PluginContext): Promise<ObjectStore>;
}
