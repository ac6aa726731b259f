/** An address as a number, with its width; an IPv4-mapped IPv6 address counts as IPv4. */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

const mappedPrefix = 0xffffn;

/** Undefined when `text` is not an IP address in the usual notation (no port, no zone). */
export function parseIpAddress(text: string): IpAddress | undefined {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (!bare.includes(":")) return parseIpv4(bare);
  const value = parseIpv6(bare);
  if (value === undefined) return undefined;
  if (value >> 32n === mappedPrefix) return { bits: 32, value: value & 0xffffffffn };
  return { bits: 128, value };
}

/** Whether `address` lies in `network` (`10.0.0.0/8`, `fd00::/8`); false when that is no network. */
export function isInNetwork(address: IpAddress, network: string): boolean {
  const [base = "", width = "", ...rest] = network.split("/");
  const start = parseIpAddress(base);
  if (start === undefined || rest.length > 0 || !/^\d{1,3}$/.test(width)) return false;
  const fixed = Number(width);
  if (start.bits !== address.bits || fixed > start.bits) return false;
  const free = BigInt(start.bits - fixed);
  return start.value >> free === address.value >> free;
}

export function isLoopback(address: IpAddress): boolean {
  return address.bits === 32 ? address.value >> 24n === 127n : address.value === 1n;
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return { bits: 32, value };
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "");
  const tail = parseGroups(halves[1] ?? "");
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** The 16-bit groups of one side of `::`; its last one may be written as an IPv4 address. */
function parseGroups(text: string): bigint[] | undefined {
  if (text === "") return [];
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const v4 = index === parts.length - 1 && part.includes(".") ? parseIpv4(part) : undefined;
    if (v4 !== undefined) groups.push(v4.value >> 16n, v4.value & 0xffffn);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
