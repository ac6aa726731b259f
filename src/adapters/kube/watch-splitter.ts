import { readRawObject } from "../../api/read-raw-object.ts";
import { ArkError, hasCode } from "../../lib/errors.ts";
import { decodeString, skipColon, skipSpace, skipString, skipValue } from "../../lib/json-scan.ts";
import type { WatchEvent } from "../../ports/cluster-watch.ts";

/** What a watch sends: an event, or the Status that ends it. */
export type WatchFrame = WatchEvent | { readonly type: "ERROR"; readonly status: string };

/** Cuts the body of a watch at its line ends, as it arrives. */
export interface WatchSplitter {
  /** The frames that this chunk completes, in order. Throws ARK_API_PROTOCOL behind the whole ones. */
  push(chunk: Uint8Array): Generator<WatchFrame, void>;
  /** Throws ARK_API_PROTOCOL when the body has ended inside a frame. */
  end(): void;
}

/** As for items of a list: etcd's own bound is near 1.5 MiB, aggregated APIs have none. */
const maxFrameBytes = 32 * 1024 * 1024;

const newline = 0x0a;
const quote = 0x22;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** `what` is for error messages: `ConfigMaps in namespace "a"`. */
export function createWatchSplitter(what: string): WatchSplitter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (part: Buffer): void => {
    held.push(part);
    heldBytes += part.length;
    if (heldBytes <= maxFrameBytes) return;
    throw protocolError(what, `sent an event of more than ${maxFrameBytes} bytes`);
  };
  return {
    *push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      let from = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
        hold(bytes.subarray(from, end));
        from = end + 1;
        const frame = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held, heldBytes);
        held = [];
        heldBytes = 0;
        if (skipSpace(frame, 0, frame.length) < frame.length) yield parseFrame(frame, what);
      }
      if (from < bytes.length) hold(bytes.subarray(from));
    },
    end() {
      if (heldBytes > 0) throw protocolError(what, "ended in the middle of an event");
    },
  };
}

function parseFrame(frame: Buffer, what: string): WatchFrame {
  try {
    const { type, object } = membersOf(frame);
    switch (type) {
      case "ADDED":
      case "MODIFIED":
      case "DELETED":
        return { type, object: readRawObject(object) };
      case "BOOKMARK":
        return { type, resourceVersion: readRawObject(object).resourceVersion };
      case "ERROR":
        return { type, status: object.toString() };
      default:
        throw protocolError(what, `sent an event of unknown type ${JSON.stringify(type)}`);
    }
  } catch (error) {
    if (!hasCode(error, "ARK_JSON_INVALID")) throw error;
    throw protocolError(what, `sent something that is no event: ${error.message}`, error);
  }
}

/** `{"type":"...","object":{...}}`, in any order. */
function membersOf(frame: Buffer): { readonly type: string; readonly object: Buffer } {
  const end = frame.length;
  let type = "";
  let object: Buffer = Buffer.alloc(0);
  let at = expect(frame, skipSpace(frame, 0, end), openBrace);
  for (;;) {
    const keyStart = expect(frame, skipSpace(frame, at, end), quote);
    const keyEnd = within(skipString(frame, keyStart, end));
    const value = within(skipColon(frame, keyEnd, end));
    const valueEnd = within(skipValue(frame, value, end, 1));
    const key = decodeString(frame, keyStart, keyEnd - 1);
    if (key === "type" && frame[value] === quote) {
      type = decodeString(frame, value + 1, valueEnd - 1);
    }
    if (key === "object") object = frame.subarray(value, valueEnd);
    at = skipSpace(frame, valueEnd, end);
    if (frame[at] === closeBrace) return { type, object };
    at = expect(frame, at, comma);
  }
}

function expect(frame: Buffer, at: number, byte: number): number {
  if (frame[at] === byte) return at + 1;
  throw new ArkError(
    "ARK_JSON_INVALID",
    `not valid JSON at byte ${at}: expected "${String.fromCharCode(byte)}"`,
  );
}

function within(position: number): number {
  if (position >= 0) return position;
  throw new ArkError("ARK_JSON_INVALID", "not valid JSON: it breaks off");
}

function protocolError(what: string, problem: string, cause?: unknown): ArkError {
  return new ArkError("ARK_API_PROTOCOL", `the watch of ${what} ${problem}`, {
    tried: `watch ${what}`,
    advice: "The connection may have been cut on the way; watch again.",
    disposition: "retry",
    cause,
  });
}
