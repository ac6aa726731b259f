/** Velero's ObjectStore. Keys include the prefix of the location; the bucket is given each time. */
import { bool, bytes, int64, message, string, stringMap, strings } from "../message.ts";
import { clientStream, serverStream, unary } from "../method.ts";
import { empty } from "./shared-messages.ts";

const path = (name: string): string => `/generated.ObjectStore/${name}`;
const keyRequest = message({ plugin: string(1), bucket: string(2), key: string(3) });

export const initObjectStore = unary(
  path("Init"),
  message({ plugin: string(1), config: stringMap(2) }),
  empty,
);
/** The first message names plugin, bucket and key; an empty object is one message without body. */
export const putObject = clientStream(
  path("PutObject"),
  message({ plugin: string(1), bucket: string(2), key: string(3), body: bytes(4) }),
  empty,
);
export const objectExists = unary(path("ObjectExists"), keyRequest, message({ exists: bool(1) }));
export const getObject = serverStream(path("GetObject"), keyRequest, message({ data: bytes(1) }));
export const listCommonPrefixes = unary(
  path("ListCommonPrefixes"),
  message({ plugin: string(1), bucket: string(2), delimiter: string(3), prefix: string(4) }),
  message({ prefixes: strings(1) }),
);
export const listObjects = unary(
  path("ListObjects"),
  message({ plugin: string(1), bucket: string(2), prefix: string(3) }),
  message({ keys: strings(1) }),
);
export const deleteObject = unary(path("DeleteObject"), keyRequest, empty);
export const createSignedUrl = unary(
  path("CreateSignedURL"),
  message({ plugin: string(1), bucket: string(2), key: string(3), ttlNanoseconds: int64(4) }),
  message({ url: string(1) }),
);
