import type { RawObject } from "../../api/raw-object.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { normalSha256 } from "../../format/normal-form.ts";
import type { WrittenForm } from "../../format/restore-journal.ts";

/** Enough to meet `generation` among its neighbours, before owners and the like. */
const headBytes = 512;

/** How an object stands that was just written, or is looked at now. */
export function writtenForm(raw: Pick<RawObject, "bytes" | "volatileRanges">): WrittenForm {
  const generation = generationOf(raw);
  return {
    sha256: normalSha256(raw),
    ...(generation === undefined ? {} : { generation }),
  };
}

/** `metadata.generation` stands in a range of its own or with its neighbours, never in `status`. */
function generationOf({
  bytes,
  volatileRanges,
}: Pick<RawObject, "bytes" | "volatileRanges">): number | undefined {
  for (let at = 0; at < volatileRanges.length; at += 2) {
    const start = volatileRanges[at] ?? 0;
    const end = Math.min(volatileRanges[at + 1] ?? 0, start + headBytes);
    const text = bytes.toString("latin1", start, end);
    if (/^,?"(?:status|managedFields)"/.test(text)) continue;
    const found = /(?:^|,)"generation":(\d{1,15})(?:,|$)/.exec(text);
    if (found !== null) return Number(found[1]);
  }
  return undefined;
}

/**
 * The hashes that an object had before it was given owners: they come by a write of their own (see
 * give-owners.ts). Empty where it has none.
 */
export function formsWithoutOwners(
  raw: Pick<RawObject, "bytes" | "volatileRanges">,
): readonly WrittenForm[] {
  const start = raw.bytes.indexOf('"ownerReferences":[');
  // A reference holds no list.
  const end = start === -1 ? -1 : raw.bytes.indexOf("]", start);
  if (end === -1) return [];
  const comma = keptBefore(start, raw.volatileRanges);
  // The comma that went with it stood after it, or before.
  return [
    [start, end + 2],
    [comma, comma + 1, start, end + 1],
  ].map((gone) => formWithout(raw, gone));
}

/**
 * The hashes that a token Secret may have had before the cluster put the token of its service account into it.
 * Empty for what is none, or holds more than a token.
 */
export function formsWithoutToken(
  raw: Pick<RawObject, "bytes" | "volatileRanges">,
  resource: GroupResource,
): readonly WrittenForm[] {
  if (resource !== "secrets") return [];
  const text = raw.bytes.toString("latin1");
  if (!text.includes('"type":"kubernetes.io/service-account-token"')) return [];
  const data = /"data":\{(?:"(?:ca\.crt|namespace|token)":"[\w+/=]*",?)*\},/.exec(text);
  const uid = /,"kubernetes\.io\/service-account\.uid":"[\w-]*"/.exec(text);
  const crt = /"ca\.crt":"[\w+/=]*",/.exec(text);
  const token = /,"token":"[\w+/=]*"/.exec(text);
  if (data === null || uid === null || crt === null || token === null) return [];
  // Its namespace may have come with it.
  return [[data], [crt, token]].map((gone) => formWithout(raw, [...gone, uid].flatMap(rangeOf)));
}

function rangeOf({ index, 0: found }: RegExpExecArray): readonly number[] {
  return [index, index + found.length];
}

/** As if these bytes, pairs of begin and end, were not there. */
function formWithout(
  raw: Pick<RawObject, "bytes" | "volatileRanges">,
  gone: readonly number[],
): WrittenForm {
  const { generation } = writtenForm(raw);
  const ranges = [...raw.volatileRanges, ...gone];
  const pairs = ranges.flatMap((at, index) => (index % 2 === 0 ? [[at, ranges[index + 1]]] : []));
  const volatileRanges = pairs.sort(([a = 0], [b = 0]) => a - b).flat() as number[];
  const sha256 = normalSha256({ bytes: raw.bytes, volatileRanges });
  return { sha256, ...(generation === undefined ? {} : { generation }) };
}

/** The last byte before this one that no range leaves out. */
function keptBefore(start: number, ranges: readonly number[]): number {
  let at = start - 1;
  for (let end = ranges.length - 1; end > 0; end -= 2) {
    if (ranges[end] === at + 1) at = (ranges[end - 1] ?? 0) - 1;
  }
  return at;
}
