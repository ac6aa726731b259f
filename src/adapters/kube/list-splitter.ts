import type { RawObject } from "../../api/raw-object.ts";
import {
  newObjectScan,
  type ObjectScan,
  readRawObject,
  scanObject,
} from "../../api/read-raw-object.ts";
import { ArkError, hasCode } from "../../lib/errors.ts";
import {
  decodeString,
  incomplete,
  malformedJson,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
} from "../../lib/json-scan.ts";
import { decodeJson } from "../../lib/json-text.ts";
import type { ListPageEnd } from "../../ports/cluster.ts";
import { createBlockAllocator } from "./block-allocator.ts";
import { emptyListMetadata, parseListMetadata, toListPageEnd } from "./list-envelope.ts";

export interface ListSplitterOptions {
  /** Spliced into items that lack them, as lists of built-in kinds do. */
  readonly kind: string;
  readonly apiVersion: string;
  /** For error messages: `ConfigMaps in namespace "a"`. */
  readonly what: string;
  /** Default 32 MiB; etcd's own bound is near 1.5 MiB, aggregated APIs have none. */
  readonly maxItemBytes?: number;
}

/**
 * Cuts the body of a LIST at item borders as it arrives, and reads the envelope on both sides of
 * the items. Each byte is looked at once, and again only where an item crosses a chunk border.
 */
export interface ListSplitter {
  /**
   * Items that these chunks complete; their buffers are copies and share blocks of 256 KiB.
   * Throws ARK_API_PROTOCOL, after which the splitter is of no use. An item that crosses the border
   * of two calls is looked at twice: few chunks in a call cost more.
   */
  push(chunks: readonly Uint8Array[]): readonly RawObject[];
  /** Items still held back when the body has ended. Throws ARK_API_PROTOCOL if it broke off. */
  flush(): readonly RawObject[];
  /** Throws ARK_API_PROTOCOL before `flush`. */
  end(): ListPageEnd;
}

export function createListSplitter(options: ListSplitterOptions): ListSplitter {
  return new ByteSplitter(options);
}

type Stage =
  | "start"
  | "first member"
  | "member"
  | "after member"
  | "first item"
  | "item"
  | "after item"
  | "done";

const defaultMaxItemBytes = 32 * 1024 * 1024;

/** Below this a rescan from the item's start costs less than waiting; above, the wait doubles. */
const rescanFreelyBytes = 64 * 1024;

const quote = 0x22;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

class ByteSplitter implements ListSplitter {
  readonly #options: ListSplitterOptions;
  readonly #maxItemBytes: number;
  readonly #allocate = createBlockAllocator();
  readonly #bothHead: Buffer;
  #stage: Stage = "start";
  /** Used again after each scan: items are copied out of it. */
  #held = nothing;
  #heldBytes = 0;
  /** Held bytes at which a scan is worth trying again. */
  #wantedBytes = 0;
  #itemCount = 0;
  #metadata = emptyListMetadata;
  #listKind = "";
  #itemsSeen = false;
  #flushed = false;

  constructor(options: ListSplitterOptions) {
    this.#options = options;
    this.#bothHead = bothHead(options);
    this.#maxItemBytes = options.maxItemBytes ?? defaultMaxItemBytes;
  }

  push(chunks: readonly Uint8Array[]): readonly RawObject[] {
    for (const chunk of chunks) {
      this.#makeRoom(this.#heldBytes + chunk.length);
      this.#held.set(chunk, this.#heldBytes);
      this.#heldBytes += chunk.length;
    }
    return this.#heldBytes < this.#wantedBytes ? [] : this.#scan();
  }

  flush(): readonly RawObject[] {
    const items = this.#heldBytes > 0 ? this.#scan() : [];
    if (this.#stage !== "done") throw this.#protocolError("broke off before its end");
    if (!this.#itemsSeen) {
      throw this.#protocolError(`is a ${this.#listKind || "document"} without items, not a list`);
    }
    this.#flushed = true;
    return items;
  }

  end(): ListPageEnd {
    if (!this.#flushed) throw this.#protocolError("has not been read to its end");
    return toListPageEnd(this.#metadata, this.#itemCount);
  }

  #scan(): readonly RawObject[] {
    const bytes = this.#held.subarray(0, this.#heldBytes);
    const items: RawObject[] = [];
    let position = 0;
    try {
      for (;;) {
        const next = this.#step(bytes, position, items);
        if (next < 0) break;
        position = next;
        if (position >= bytes.length) break;
      }
    } catch (error) {
      if (!hasCode(error, "ARK_JSON_INVALID")) throw error;
      throw this.#protocolError(`is not valid: ${error.message}`, error);
    }
    this.#holdFrom(position);
    return items;
  }

  #makeRoom(sizeBytes: number): void {
    if (sizeBytes <= this.#held.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(sizeBytes, this.#held.length * 2));
    this.#held.copy(larger, 0, 0, this.#heldBytes);
    this.#held = larger;
  }

  /** Keeps what a scan has left over. */
  #holdFrom(position: number): void {
    this.#held.copyWithin(0, position, this.#heldBytes);
    this.#heldBytes -= position;
    this.#wantedBytes = this.#heldBytes < rescanFreelyBytes ? 0 : this.#heldBytes * 2;
    if (this.#heldBytes > this.#maxItemBytes) {
      throw this.#protocolError(
        `holds something larger than ${this.#maxItemBytes} bytes, the most that is read`,
      );
    }
  }

  /** Takes one token's worth at `from`; answers the position after it, or `incomplete`. */
  #step(bytes: Buffer, from: number, items: RawObject[]): number {
    const position = skipSpace(bytes, from, bytes.length);
    if (position >= bytes.length) return this.#stage === "done" ? position : incomplete;
    const byte = bytes[position];
    switch (this.#stage) {
      case "start":
        if (byte !== openBrace) throw malformedJson(position, "a list");
        return this.#goOn("first member", position + 1);
      case "first member":
        if (byte === closeBrace) return this.#goOn("done", position + 1);
        return this.#readMember(bytes, position);
      case "member":
        return this.#readMember(bytes, position);
      case "after member":
        if (byte === closeBrace) return this.#goOn("done", position + 1);
        if (byte !== comma) throw malformedJson(position, "a comma or the end of the list");
        return this.#goOn("member", position + 1);
      case "first item":
        if (byte === closeBracket) return this.#goOn("after member", position + 1);
        return this.#readItem(bytes, position, items);
      case "item":
        return this.#readItem(bytes, position, items);
      case "after item":
        if (byte === closeBracket) return this.#goOn("after member", position + 1);
        if (byte !== comma) throw malformedJson(position, "a comma or the end of the items");
        return this.#goOn("item", position + 1);
      case "done":
        throw malformedJson(position, "nothing more");
    }
  }

  #goOn(stage: Stage, position: number): number {
    this.#stage = stage;
    return position;
  }

  #readMember(bytes: Buffer, from: number): number {
    if (bytes[from] !== quote) throw malformedJson(from, "a key in quotes");
    const keyEnd = skipString(bytes, from + 1, bytes.length);
    if (keyEnd < 0) return incomplete;
    const value = skipColon(bytes, keyEnd, bytes.length);
    if (value < 0) return incomplete;
    const key = decodeString(bytes, from + 1, keyEnd - 1);
    if (key === "items" && bytes[value] === openBracket) {
      if (this.#itemsSeen) throw malformedJson(from, "items only once");
      this.#itemsSeen = true;
      return this.#goOn("first item", value + 1);
    }
    const end = skipValue(bytes, value, bytes.length, 1);
    if (end < 0) return incomplete;
    this.#readEnvelope(key, bytes.toString("utf8", value, end));
    return this.#goOn("after member", end);
  }

  #readEnvelope(key: string, text: string): void {
    if (key === "metadata") this.#metadata = parseListMetadata(text);
    if (key === "kind") this.#listKind = String(decodeJson(text));
    if (key !== "items") return;
    if (text !== "null") throw this.#protocolError("has items that are not an array");
    this.#itemsSeen = true;
  }

  #readItem(bytes: Buffer, from: number, items: RawObject[]): number {
    const scan = newObjectScan();
    const end = scanObject(bytes, from, bytes.length, scan);
    if (end < 0) return incomplete;
    if (end - from > this.#maxItemBytes) {
      throw this.#protocolError(`holds an item of ${end - from} bytes, more than is read`);
    }
    items.push(this.#takeItem(bytes, from, end, scan));
    this.#itemCount += 1;
    return this.#goOn("after item", end);
  }

  #takeItem(bytes: Buffer, from: number, end: number, scan: ObjectScan): RawObject {
    const head = this.#headOf(scan);
    const item = this.#allocate(end - from + head.length - 1);
    item.set(head);
    item.set(bytes.subarray(from + 1, end), head.length);
    if (scan.members === "volatile") return readRawObject(item);
    const shift = head.length - 1 - from;
    const ranges = scan.volatileRanges;
    for (let index = 0; index < ranges.length; index += 1) {
      ranges[index] = (ranges[index] as number) + shift;
    }
    return {
      bytes: item,
      name: scan.name,
      namespace: scan.namespace,
      uid: scan.uid,
      resourceVersion: scan.resourceVersion,
      labels: scan.labels,
      terminating: scan.terminating,
      volatileRanges: ranges,
    };
  }

  #headOf(scan: ObjectScan): Buffer {
    if (scan.hasKind && scan.hasApiVersion) return plainHead;
    if (scan.hasKind || scan.hasApiVersion || scan.members === "none") {
      return unusualHead(scan, this.#options);
    }
    return this.#bothHead;
  }

  #protocolError(problem: string, cause?: unknown): ArkError {
    const { what } = this.#options;
    return new ArkError(
      "ARK_API_PROTOCOL",
      `the list of ${what} ${problem}; ${this.#itemCount} items of this page had arrived`,
      {
        tried: `list ${what}`,
        advice: "The connection may have been cut on the way; run it again.",
        disposition: "retry",
        cause,
      },
    );
  }
}

const nothing = Buffer.alloc(0);

const plainHead = Buffer.from("{");

/** What an item begins with instead of its first brace, when it has none of both members. */
function bothHead(options: ListSplitterOptions): Buffer {
  return Buffer.from(
    `{"kind":${JSON.stringify(options.kind)},"apiVersion":${JSON.stringify(options.apiVersion)},`,
  );
}

/** The same for items that have one of both, or no member at all. */
function unusualHead(scan: ObjectScan, options: ListSplitterOptions): Buffer {
  const members: string[] = [];
  if (!scan.hasKind) members.push(`"kind":${JSON.stringify(options.kind)}`);
  if (!scan.hasApiVersion) members.push(`"apiVersion":${JSON.stringify(options.apiVersion)}`);
  return Buffer.from(`{${members.join(",")}${scan.members === "none" ? "" : ","}`);
}
