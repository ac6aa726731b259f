import { ArkError } from "../lib/errors.ts";

/** Wire types of protobuf that its version 3 uses. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Gathers the parts of one encoded message. */
export class ProtoWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.raw(Uint8Array.from(bytes));
  }

  tag(field: number, type: number): void {
    this.varint(BigInt(field * 8 + type));
  }

  /** Length, then bytes. */
  block(bytes: Uint8Array): void {
    this.varint(BigInt(bytes.length));
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }
}

/** Reads one encoded message. Errors: ARK_PLUGIN_PROTOCOL where the bytes are none. */
export class ProtoReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw malformed("it ends inside a number");
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed("a number is longer than 64 bits");
  }

  tag(): { readonly field: number; readonly type: number } {
    const tag = Number(this.varint());
    return { field: Math.floor(tag / 8), type: tag % 8 };
  }

  /** A view of the message's own memory. */
  block(): Buffer {
    return this.#take(Number(this.varint()));
  }

  skip(type: number): void {
    if (type === wireType.varint) this.varint();
    else if (type === wireType.bytes) this.block();
    else if (type === wireType.fixed64) this.#take(8);
    else if (type === wireType.fixed32) this.#take(4);
    else throw malformed(`it has the wire type ${type}`);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformed("it ends inside a field");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function malformed(fault: string): ArkError {
  return new ArkError("ARK_PLUGIN_PROTOCOL", `a message of a plugin is not valid: ${fault}`);
}
