/**
 * What an object-store plugin is written against. Everything else in src/ is internal and may
 * change without notice.
 */

export type { Disposition, ErrorCode, ErrorStory } from "../lib/errors.ts";
export { ArkError, hasCode, toArkError } from "../lib/errors.ts";
export { proxyForUrl } from "../lib/proxy-url.ts";
export type { Clock } from "../ports/clock.ts";
export type { Log, LogLevel } from "../ports/log.ts";
export type {
  GetOptions,
  KeptVersion,
  ListEntry,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  PartReceipt,
  ProbeResult,
  PutOptions,
  SignedUrlOptions,
  StoreCallOptions,
  StoreCapabilities,
  StoredBody,
  Upload,
  UploadOptions,
} from "../ports/object-store.ts";
export type { ByteRange } from "./byte-range.ts";
export { assertRange, cutRange, rangePastEnd } from "./byte-range.ts";
export {
  assertListPrefix,
  assertObjectKey,
  compareKeys,
  isObjectKey,
  maxKeyBytes,
} from "./object-key.ts";
export type {
  LocationSpec,
  ObjectStorePlugin,
  OptionDoc,
  PluginContext,
} from "./object-store-plugin.ts";
export { parseConfig } from "./option-table.ts";
export { assertPartNumber, orderReceipts } from "./part-receipts.ts";
export { probeObjectStore, runCheck } from "./probe-store.ts";
