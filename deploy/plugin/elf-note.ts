/** Rows of a program header table; contract: ELF-64, little-endian. */
const rowBytes = 56;
const load = 1;
const note = 4;
const relro = 0x6474e552;
const readable = 4;
const page = 0x1000;

interface Row {
  readonly at: number;
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

const align = (value: number, to: number): number => Math.ceil(value / to) * to;

function rowsOf(elf: Buffer): readonly Row[] {
  const start = Number(elf.readBigUInt64LE(32));
  return Array.from({ length: elf.readUInt16LE(56) }, (_, index) => {
    const at = start + index * rowBytes;
    const number = (field: number): number => Number(elf.readBigUInt64LE(at + field));
    return {
      at,
      type: elf.readUInt32LE(at),
      offset: number(8),
      address: number(16),
      fileBytes: number(32),
      memoryBytes: number(40),
    };
  });
}

function writeRow(elf: Buffer, at: number, type: number, row: Omit<Row, "at" | "type">): void {
  elf.writeUInt32LE(type, at);
  elf.writeUInt32LE(readable, at + 4);
  elf.writeBigUInt64LE(BigInt(row.offset), at + 8);
  elf.writeBigUInt64LE(BigInt(row.address), at + 16);
  elf.writeBigUInt64LE(BigInt(row.address), at + 24);
  elf.writeBigUInt64LE(BigInt(row.fileBytes), at + 32);
  elf.writeBigUInt64LE(BigInt(row.memoryBytes), at + 40);
  elf.writeBigUInt64LE(BigInt(type === load ? page : 4), at + 48);
}

function noteBytes(name: string, content: Uint8Array): Buffer {
  const label = Buffer.from(`${name}\0`);
  const labelEnd = 12 + align(label.length, 4);
  const bytes = Buffer.alloc(labelEnd + align(content.length, 4));
  bytes.writeUInt32LE(label.length, 0);
  bytes.writeUInt32LE(content.length, 4);
  label.copy(bytes, 12);
  bytes.set(content, labelEnd);
  return bytes;
}

/**
 * The executable with one more note, which is in its memory when it runs. A row of the table is
 * needed for that, and none can be added where the table lies: the one that asks for some memory to
 * be made read-only after the start (RELRO) is given up. Errors: an Error that says what was expected.
 */
export function withNote(executable: Uint8Array, name: string, content: Uint8Array): Buffer {
  const before = Buffer.from(executable.buffer, executable.byteOffset, executable.byteLength);
  const magic = before.subarray(0, 6).toString("latin1");
  if (magic !== "\x7fELF\x02\x01") throw new Error("this is no executable of 64-bit Linux (ELF)");
  const rows = rowsOf(before);
  const notes = rows.find(({ type }) => type === note);
  const spare = rows.find(({ type }) => type === relro);
  const loads = rows.filter(({ type }) => type === load);
  const end = Math.max(...loads.map(({ address, memoryBytes }) => address + memoryBytes));
  if (notes === undefined || spare === undefined || loads.some(({ at }) => at > spare.at)) {
    throw new Error("the executable has no notes, or no row to spare after its segments");
  }
  const present = before.subarray(notes.offset, notes.offset + notes.fileBytes);
  const all = Buffer.concat([present, noteBytes(name, content)]);
  const offset = align(before.length, page);
  const changed = Buffer.concat([before, Buffer.alloc(offset - before.length), all]);
  const place = {
    offset,
    address: align(end, page),
    fileBytes: all.length,
    memoryBytes: all.length,
  };
  writeRow(changed, notes.at, note, place);
  writeRow(changed, spare.at, load, place);
  return changed;
}
