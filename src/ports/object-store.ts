/**
 * Named bytes in a bucket or directory. Keys are relative to the location's prefix, use `/`,
 * have no empty, `.` or `..` segment, and are at most 900 bytes.
 *
 * Promises of every implementation (test/contract/object-store.ts holds them as code):
 * - `put` and `Upload.complete` are all or nothing: a reader sees the whole object or none.
 * - Read after write: what `put` returned from is seen by every later call.
 * - Errors are ArkErrors with a code ARK_STORE_*; idempotent calls may be repeated by a decorator.
 * - Every call honours its signal and rejects with the signal's reason.
 */
export interface ObjectStore {
  readonly capabilities: StoreCapabilities;
  /** For people: `s3://bucket/prefix`, `~/.local/share/ark-ts`. Never holds a secret. */
  readonly display: string;

  /** `body` is one buffer: at most one part in memory, and a checksum before the first byte. */
  put(key: string, body: Uint8Array, options: PutOptions): Promise<void>;
  /** Errors: ARK_STORE_NOT_FOUND. The body must be consumed or returned early. */
  get(key: string, options: GetOptions): Promise<StoredBody>;
  head(key: string, options: StoreCallOptions): Promise<ObjectInfo | undefined>;
  /** In ascending byte order of keys. With `delimiter` keys that share a next segment come as one `prefix` entry. */
  list(prefix: string, options: ListOptions): AsyncIterable<ListEntry>;
  /**
   * Idempotent: removing a missing key succeeds. Answers what the store keeps of the object, hidden;
   * undefined when its bytes are freed.
   */
  remove(key: string, options: StoreCallOptions): Promise<KeptVersion | undefined>;
  /** Starts an upload in parts. Nothing is seen under `key` before `complete`. */
  startUpload(key: string, options: UploadOptions): Promise<Upload>;
  /** Takes up an upload that an earlier process started; undefined when the store has dropped it. */
  resumeUpload(
    key: string,
    uploadId: string,
    options: StoreCallOptions,
  ): Promise<Upload | undefined>;
  /**
   * Where a plain GET without credentials reads the object, whether it is there yet or not.
   * Errors: ARK_STORE_UNSUPPORTED without `capabilities.signedUrls`.
   */
  signedUrl(key: string, options: SignedUrlOptions): Promise<string>;
  /** What the location can do, measured now; for `backup-location test`. */
  probe(options: StoreCallOptions): Promise<readonly ProbeResult[]>;
  close(): Promise<void>;
}

/** What a store that keeps versions (object lock, versioning) has left of a removed object. */
export interface KeptVersion {
  /** Nobody can remove it earlier. */
  readonly until?: Date;
  /** The store's own rules remove it then, or some hours later. Without both it stays. */
  readonly freedAbout?: Date;
}

export interface StoreCapabilities {
  readonly conditionalPut: boolean;
  readonly multipart: boolean;
  readonly rangeReads: boolean;
  /** The store wants all parts but the last of one size. */
  readonly equalParts: boolean;
  readonly minPartBytes: number;
  readonly maxParts: number;
  readonly signedUrls: boolean;
}

export interface StoreCallOptions {
  readonly signal: AbortSignal;
}

export interface PutOptions extends StoreCallOptions {
  /** Create-only: an existing object stays and ARK_STORE_EXISTS is thrown. */
  readonly ifAbsent?: boolean;
}

export interface GetOptions extends StoreCallOptions {
  /** Bytes [offset, offset + length). */
  readonly range?: { readonly offset: number; readonly length: number };
}

export interface SignedUrlOptions extends StoreCallOptions {
  /** From now on; at most a week. */
  readonly expiresInSeconds: number;
}

export interface ListOptions extends StoreCallOptions {
  readonly delimiter?: "/";
}

export interface StoredBody {
  /** Of what is returned: the range's length when a range was asked. */
  readonly sizeBytes: number;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  /** Absent where the store does not tell: plugins of Velero. */
  readonly modifiedAt?: Date | undefined;
  /** User metadata given at `startUpload`; empty where the store keeps none. */
  readonly metadata: Readonly<Record<string, string>>;
}

export type ListEntry =
  | {
      readonly kind: "object";
      readonly key: string;
      /** Absent, as the time, where the store does not tell: plugins of Velero. */
      readonly sizeBytes?: number | undefined;
      readonly modifiedAt?: Date | undefined;
    }
  | { readonly kind: "prefix"; readonly key: string };

export interface UploadOptions extends StoreCallOptions {
  /** ASCII keys and values; readable by `head` after `complete`. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface PartReceipt {
  /** From 1, without gaps. */
  readonly number: number;
  readonly sizeBytes: number;
  /** What the store wants back at `complete`; opaque. */
  readonly tag: string;
}

export interface Upload {
  readonly uploadId: string;
  /** Parts may be sent in parallel and again; the last one sent under a number counts. */
  putPart(number: number, body: Uint8Array, options: StoreCallOptions): Promise<PartReceipt>;
  complete(parts: readonly PartReceipt[], options: StoreCallOptions): Promise<void>;
  /** Idempotent. Frees what the parts took. */
  abort(options: StoreCallOptions): Promise<void>;
}

export interface ProbeResult {
  readonly check: string;
  readonly outcome: "yes" | "no" | "failed" | "not asked";
  readonly detail: string;
}
