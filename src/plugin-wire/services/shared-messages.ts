import {
  bool,
  bytes,
  type Decoded,
  int32,
  int64,
  message,
  messages,
  nested,
  string,
  strings,
} from "../message.ts";

export const empty = message({});

/** A request that carries nothing but the name of the plugin it is for. */
export const pluginRequest = message({ plugin: string(1) });

const stackFrame = message({ file: string(1), line: int32(2), function: string(3) });
export const stack = message({ frames: messages(1, stackFrame) });

export const resourceIdentifier = message({
  group: string(1),
  resource: string(2),
  namespace: string(3),
  name: string(4),
});
export type ResourceIdentifier = Decoded<typeof resourceIdentifier>;

export const resourceSelector = message({
  includedNamespaces: strings(1),
  excludedNamespaces: strings(2),
  includedResources: strings(3),
  excludedResources: strings(4),
  selector: string(5),
});
export type ResourceSelector = Decoded<typeof resourceSelector>;

export const appliesToResponse = message({ selector: nested(1, resourceSelector) });

/** google.protobuf.Timestamp. Go's zero time arrives as the year 1, and stands for none. */
export const timestamp = message({ seconds: int64(1), nanos: int32(2) });

/** google.protobuf.Duration. */
export const duration = message({ seconds: int64(1), nanos: int32(2) });

export const operationProgress = message({
  completed: bool(1),
  error: string(2),
  unitsCompleted: int64(3),
  unitsTotal: int64(4),
  units: string(5),
  description: string(6),
  started: nested(7, timestamp),
  updated: nested(8, timestamp),
});
export type WireProgress = Decoded<typeof operationProgress>;
export const progressResponse = message({ progress: nested(1, operationProgress) });

/** Detail of an error: google.protobuf.Any and google.rpc.Status. */
const anyMessage = message({ typeUrl: string(1), value: bytes(2) });
export const rpcStatus = message({
  code: int32(1),
  message: string(2),
  details: messages(3, anyMessage),
});
