/** Headers as no honest tool writes them. */
export interface HostileHeader {
  readonly path: string | Buffer;
  readonly sizeBytes?: number;
  readonly type?: string;
  readonly linkName?: string;
}

export const tarBlock = 512;
export const endOfTar = Buffer.alloc(2 * tarBlock);

/** One ustar header with a right checksum; sizes beyond octal are written in base 256. */
export function hostileHeader({
  path,
  sizeBytes = 0,
  type = "0",
  linkName = "",
}: HostileHeader): Buffer {
  const header = Buffer.alloc(tarBlock);
  Buffer.from(path).copy(header, 0, 0, 100);
  header.write("0000755\0", 100, "latin1");
  if (sizeBytes < 8 ** 11) header.write(sizeBytes.toString(8).padStart(11, "0"), 124, "latin1");
  else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(sizeBytes), 128);
  }
  header.write(type, 156, "latin1");
  header.write(linkName.slice(0, 100), 157, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

export function hostileEntry(header: HostileHeader, body: Buffer): Buffer {
  const padding = Buffer.alloc((tarBlock - (body.length % tarBlock)) % tarBlock);
  return Buffer.concat([hostileHeader({ sizeBytes: body.length, ...header }), body, padding]);
}

/** A name of any length, in GNU's way. */
export function gnuLongName(name: Buffer): Buffer {
  return hostileEntry({ path: "././@LongLink", type: "L" }, name);
}

/** A name of any length, in the way of pax. */
export function paxName(name: string): Buffer {
  const rest = ` path=${name}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return hostileEntry({ path: "PaxHeaders/x", type: "x" }, Buffer.from(`${length}${rest}`));
}
