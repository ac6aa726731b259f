import { ProtoReader, ProtoWriter, wireType } from "./proto-bytes.ts";

/** Longest message that a plugin takes: the default of gRPC for Go, which nobody can change. */
export const maxSentBytes = 4 * 1024 * 1024;

/** One field of a message. `Value` is what it holds after decoding. */
export interface Field<Value> {
  readonly number: number;
  /** Of a message that lacks the field. */
  zero(): Value;
  /** `before`: what earlier occurrences in the same message gave. */
  read(reader: ProtoReader, type: number, before: Value): Value;
  /** Writes nothing for a zero value. */
  write(writer: ProtoWriter, value: Value): void;
}

export interface MessageCodec<Message> {
  /** Fields left out have their zero value. */
  encode(message: Partial<Message>): Buffer;
  /** Unknown fields are passed over. Errors: ARK_PLUGIN_PROTOCOL. */
  decode(bytes: Uint8Array): Message;
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type MessageOf<Shape extends Fields> = {
  readonly [Name in keyof Shape]: Shape[Name] extends Field<infer Value> ? Value : never;
};
/** What a codec decodes. */
export type Decoded<Codec> = Codec extends MessageCodec<infer Message> ? Message : never;

/** A message of protobuf 3 by its fields; names are ours, numbers are the wire's. */
export function message<Shape extends Fields>(shape: Shape): MessageCodec<MessageOf<Shape>> {
  const entries = Object.entries(shape);
  const byNumber = new Map(entries.map(([name, field]) => [field.number, { name, field }]));
  return {
    encode(value) {
      const writer = new ProtoWriter();
      for (const [name, field] of entries) {
        const part = (value as Readonly<Record<string, unknown>>)[name];
        if (part !== undefined) field.write(writer, part);
      }
      return writer.finish();
    },
    decode(bytes) {
      const decoded: Record<string, unknown> = {};
      for (const [name, field] of entries) decoded[name] = field.zero();
      const reader = new ProtoReader(bytes);
      while (!reader.done) {
        const { field: number, type } = reader.tag();
        const known = byNumber.get(number);
        if (known === undefined) reader.skip(type);
        else decoded[known.name] = known.field.read(reader, type, decoded[known.name]);
      }
      return decoded as MessageOf<Shape>;
    },
  };
}

function bytesField<Value>(
  number: number,
  zero: () => Value,
  decode: (block: Buffer) => Value,
  encode: (value: Value) => Uint8Array,
): Field<Value> {
  return {
    number,
    zero,
    read: (reader, _type) => decode(reader.block()),
    write: (writer, value) => {
      const block = encode(value);
      if (block.length === 0) return;
      writer.tag(number, wireType.bytes);
      writer.block(block);
    },
  };
}

export function string(number: number): Field<string> {
  return bytesField(
    number,
    () => "",
    (block) => block.toString("utf8"),
    (value) => Buffer.from(value, "utf8"),
  );
}

/** Decoded as a view of the message's own memory. */
export function bytes(number: number): Field<Uint8Array> {
  return bytesField<Uint8Array>(
    number,
    () => new Uint8Array(0),
    (block) => block,
    (value) => value,
  );
}

function varint<Value>(
  number: number,
  zero: Value,
  decode: (raw: bigint) => Value,
  encode: (value: Value) => bigint,
): Field<Value> {
  return {
    number,
    zero: () => zero,
    read: (reader) => decode(reader.varint()),
    write: (writer, value) => {
      const raw = encode(value);
      if (raw === 0n) return;
      writer.tag(number, wireType.varint);
      writer.varint(raw);
    },
  };
}

export const bool = (number: number): Field<boolean> =>
  varint(
    number,
    false,
    (raw) => raw !== 0n,
    (value) => (value ? 1n : 0n),
  );

export const int32 = (number: number): Field<number> =>
  varint(
    number,
    0,
    (raw) => Number(BigInt.asIntN(32, raw)),
    (value) => BigInt(value),
  );

export const int64 = (number: number): Field<bigint> =>
  varint(
    number,
    0n,
    (raw) => BigInt.asIntN(64, raw),
    (value) => value,
  );

/** Absent on the wire is undefined; present and empty is not. */
export function nested<Message>(
  number: number,
  codec: MessageCodec<Message>,
): Field<Message | undefined> {
  return {
    number,
    zero: () => undefined,
    read: (reader) => codec.decode(reader.block()),
    write: (writer, value) => {
      if (value === undefined) return;
      writer.tag(number, wireType.bytes);
      writer.block(codec.encode(value));
    },
  };
}

function list<Value>(
  number: number,
  decode: (block: Buffer) => Value,
  encode: (value: Value) => Uint8Array,
): Field<readonly Value[]> {
  return {
    number,
    zero: () => [],
    read: (reader, _type, before) => [...before, decode(reader.block())],
    write: (writer, values) => {
      for (const value of values) {
        writer.tag(number, wireType.bytes);
        writer.block(encode(value));
      }
    },
  };
}

export const strings = (number: number): Field<readonly string[]> =>
  list(
    number,
    (block) => block.toString("utf8"),
    (value) => Buffer.from(value, "utf8"),
  );

export const messages = <Message>(
  number: number,
  codec: MessageCodec<Message>,
): Field<readonly Message[]> => list(number, (block) => codec.decode(block), codec.encode);

const mapEntry = message({ key: string(1), value: string(2) });

export function stringMap(number: number): Field<Readonly<Record<string, string>>> {
  return {
    number,
    zero: () => ({}),
    read: (reader, _type, before) => {
      const { key, value } = mapEntry.decode(reader.block());
      return { ...before, [key]: value };
    },
    write: (writer, values) => {
      for (const [key, value] of Object.entries(values)) {
        writer.tag(number, wireType.bytes);
        writer.block(mapEntry.encode({ key, value }));
      }
    },
  };
}
