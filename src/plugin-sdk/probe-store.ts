import { ArkError, hasCode, toArkError } from "../lib/errors.ts";
import type { ObjectStore, ProbeResult } from "../ports/object-store.ts";

/** What there is; or what is lacking; or why nothing was asked. */
type Answer = string | { readonly missing: string } | { readonly unasked: string };

type Check = (context: ProbeContext) => Promise<Answer>;

interface ProbeContext {
  readonly store: ObjectStore;
  /** Everything is written below it, and removed again. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * Tries what backups need, for real, below `metadata/ark-ts/probe/<id>/`; removes what it wrote.
 * Uploads one part of the least size the store allows. A check that fails does not stop the next.
 */
export async function probeObjectStore(
  store: ObjectStore,
  id: string,
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const context: ProbeContext = { store, folder: `metadata/ark-ts/probe/${id}`, signal };
  const results: ProbeResult[] = [];
  for (const [check, run] of checks) {
    results.push(await runCheck(check, () => run(context), signal));
  }
  return results;
}

/** One line of the table: what `run` says, or the sentence of its error. */
export async function runCheck(
  check: string,
  run: () => Promise<Answer>,
  signal: AbortSignal,
): Promise<ProbeResult> {
  try {
    const detail = await run();
    if (typeof detail === "string") return { check, outcome: "yes", detail };
    return "missing" in detail
      ? { check, outcome: "no", detail: detail.missing }
      : { check, outcome: "not asked", detail: detail.unasked };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    const parts = [error.message, error.answer, error.advice];
    return {
      check,
      outcome: "failed",
      detail: `${parts.filter((part) => part !== undefined).join("; ")} (${error.code})`,
    };
  }
}

const text = "ark-ts probe: 0123456789";

/** Order matters: later checks read what earlier ones wrote; `delete` comes last. */
const checks: readonly (readonly [string, Check])[] = [
  ["list", probeList],
  ["put", probePut],
  ["get", probeGet],
  ["range read", probeRange],
  ["conditional put", probeConditionalPut],
  ["multipart upload", probeMultipart],
  ["delete", probeDelete],
];

async function probeList({ store, signal }: ProbeContext): Promise<string> {
  const names: string[] = [];
  for await (const entry of store.list("", { delimiter: "/", signal })) names.push(entry.key);
  return names.length === 0 ? "empty" : `first level: ${names.slice(0, 8).join(" ")}`;
}

async function probePut({ store, folder, signal }: ProbeContext): Promise<string> {
  await store.put(`${folder}/object`, Buffer.from(text), { signal });
  return `${text.length} bytes written`;
}

async function probeGet({ store, folder, signal }: ProbeContext): Promise<string> {
  const found = await readText(store, `${folder}/object`, signal);
  if (found !== text) throw unexpected(`read ${found.length} bytes that differ from what was put`);
  return "same bytes read back";
}

async function probeRange({
  store,
  folder,
  signal,
}: ProbeContext): Promise<string | { missing: string }> {
  if (!store.capabilities.rangeReads) return { missing: "the store is read whole" };
  const range = { offset: 14, length: 4 };
  const { body } = await store.get(`${folder}/object`, { signal, range });
  const found = await collectText(body);
  if (found === text.slice(14, 18)) return "the asked bytes came";
  return { missing: `asked for 4 bytes, got ${found.length}` };
}

async function probeConditionalPut({ store, folder, signal }: ProbeContext): Promise<Answer> {
  if (!store.capabilities.conditionalPut) {
    return { unasked: "the location is said to have none; runs guard their names by listing" };
  }
  const key = `${folder}/once`;
  await store.put(key, Buffer.from("first"), { signal, ifAbsent: true });
  try {
    await store.put(key, Buffer.from("second"), { signal, ifAbsent: true });
    return { missing: "a second create-only put was accepted; runs guard their names by listing" };
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_EXISTS")) return "the second create-only put was refused";
    throw thrown;
  }
}

async function probeMultipart({
  store,
  folder,
  signal,
}: ProbeContext): Promise<string | { missing: string }> {
  if (!store.capabilities.multipart) return { missing: "interrupted backups start again" };
  const key = `${folder}/parts`;
  const upload = await store.startUpload(key, { signal, metadata: { probe: "yes" } });
  try {
    const first = Buffer.alloc(store.capabilities.minPartBytes, "a");
    const receipts = [
      await upload.putPart(1, first, { signal }),
      await upload.putPart(2, Buffer.from("end"), { signal }),
    ];
    await upload.complete(receipts, { signal });
  } catch (thrown) {
    await upload.abort({ signal }).catch(() => undefined);
    throw thrown;
  }
  const info = await store.head(key, { signal });
  const expected = store.capabilities.minPartBytes + 3;
  if (info?.sizeBytes !== expected) {
    throw unexpected(`the completed object has ${info?.sizeBytes ?? "no"} bytes, not ${expected}`);
  }
  if (info.metadata["probe"] !== "yes") return { missing: "user metadata was not kept" };
  return `2 parts, ${expected} bytes`;
}

async function probeDelete({ store, folder, signal }: ProbeContext): Promise<string> {
  const keys = ["object", "once", "parts"].map((name) => `${folder}/${name}`);
  for (const key of keys) await store.remove(key, { signal });
  for (const key of keys) {
    if ((await store.head(key, { signal })) !== undefined) {
      throw unexpected(`${JSON.stringify(key)} is still there after its removal`);
    }
  }
  return "what this test wrote is removed";
}

function unexpected(sentence: string): ArkError {
  return new ArkError("ARK_STORE_FAILED", sentence);
}

async function readText(store: ObjectStore, key: string, signal: AbortSignal): Promise<string> {
  return collectText((await store.get(key, { signal })).body);
}

async function collectText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
