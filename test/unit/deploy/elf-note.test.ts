import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withNote } from "../../../deploy/plugin/elf-note.ts";

interface Row {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes?: number;
}

const [load, note, relro] = [1, 4, 0x6474e552];
const rowBytes = 56;

/** An ELF-64 file with a table of these rows, and one old note of 16 bytes at 0x200. */
function elfOf(rows: readonly Row[]): Buffer {
  const elf = Buffer.alloc(0x400);
  elf.write("\x7fELF\x02\x01", 0, "latin1");
  elf.writeBigUInt64LE(64n, 32);
  elf.writeUInt16LE(rows.length, 56);
  for (const [index, row] of rows.entries()) {
    const at = 64 + index * rowBytes;
    elf.writeUInt32LE(row.type, at);
    const numbers = [row.offset, row.address, row.address, row.fileBytes];
    for (const [field, value] of [...numbers, row.memoryBytes ?? row.fileBytes].entries()) {
      elf.writeBigUInt64LE(BigInt(value), at + 8 + field * 8);
    }
  }
  elf.write("old note of 16 b", 0x200, "latin1");
  return elf;
}

const usual: readonly Row[] = [
  { type: load, offset: 0, address: 0x400000, fileBytes: 0x400, memoryBytes: 0x5001 },
  { type: note, offset: 0x200, address: 0x400200, fileBytes: 16 },
  { type: relro, offset: 0, address: 0x400000, fileBytes: 0x10 },
];

describe("withNote()", () => {
  it("adds a segment behind all others that holds the old notes and the new one", () => {
    const changed = withNote(elfOf(usual), "NAME", Buffer.from("content"));
    const row = (index: number) => {
      const at = 64 + index * rowBytes;
      const number = (field: number) => Number(changed.readBigUInt64LE(at + field));
      return {
        type: changed.readUInt32LE(at),
        offset: number(8),
        address: number(16),
        fileBytes: number(32),
      };
    };
    // 16 of the old note; 12 of the header, NAME with its zero and content each padded to 4.
    const place = { offset: 0x1000, address: 0x406000, fileBytes: 16 + 12 + 8 + 8 };
    assert.deepEqual(row(1), { type: note, ...place });
    assert.deepEqual(row(2), { type: load, ...place });
    const added = changed.subarray(0x1000);
    assert.equal(added.subarray(0, 16).toString(), "old note of 16 b");
    assert.deepEqual([added.readUInt32LE(16), added.readUInt32LE(20)], [5, 7]);
    assert.equal(added.subarray(28, 33).toString(), "NAME\0");
    assert.equal(added.subarray(36, 43).toString(), "content");
    assert.equal(changed.length, 0x1000 + place.fileBytes);
  });

  it("refuses what is no executable of 64-bit Linux, and one without a row to spare", () => {
    const content = Buffer.from("x");
    assert.throws(() => withNote(Buffer.from("#!/bin/sh\n"), "NAME", content), /no executable/);
    assert.throws(() => withNote(elfOf(usual.slice(0, 2)), "NAME", content), /no row to spare/);
    const behind = [...usual, { type: load, offset: 0, address: 0x500000, fileBytes: 1 }];
    assert.throws(() => withNote(elfOf(behind), "NAME", content), /no row to spare/);
  });
});
