import { createHash } from "node:crypto";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { WrittenObject } from "./object-writer.ts";

/** An object of which every byte was read back and is as it was sent. */
export interface CheckedObject extends WrittenObject {
  /** Of the whole; hex. */
  readonly sha256: string;
}

/**
 * Reads an object whole and compares each part with what was sent.
 * Errors: ARK_BACKUP_DAMAGED that names the object and the part that differs.
 */
export async function readBack(
  written: WrittenObject,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<CheckedObject> {
  const { sizeBytes, body } = await store.get(written.key, { signal }).catch((thrown: unknown) => {
    if (!hasCode(thrown, "ARK_STORE_NOT_FOUND")) throw thrown;
    throw differs(written, store, "the store says that there is no such object");
  });
  if (sizeBytes !== written.sizeBytes) {
    throw differs(written, store, `it has ${sizeBytes} bytes, and ${written.sizeBytes} were sent`);
  }
  const whole = createHash("sha256");
  const parts = written.parts[Symbol.iterator]();
  let expected = parts.next();
  let hash = createHash("sha256");
  let inPart = 0;
  let number = 1;
  for await (const piece of body) {
    whole.update(piece);
    let rest = piece;
    while (rest.length > 0) {
      if (expected.done === true) throw differs(written, store, "it has more bytes than were sent");
      const taken = rest.subarray(0, expected.value.sizeBytes - inPart);
      hash.update(taken);
      inPart += taken.length;
      rest = rest.subarray(taken.length);
      if (inPart < expected.value.sizeBytes) continue;
      if (hash.digest("hex") !== expected.value.sha256) {
        throw differs(written, store, `part ${number} of it has other bytes than were sent`);
      }
      expected = parts.next();
      hash = createHash("sha256");
      inPart = 0;
      number += 1;
    }
  }
  if (expected.done !== true && expected.value.sizeBytes > 0) {
    throw differs(written, store, "it broke off before its end");
  }
  return { ...written, sha256: whole.digest("hex") };
}

function differs(written: WrittenObject, store: ObjectStore, how: string): ArkError {
  return new ArkError(
    "ARK_BACKUP_DAMAGED",
    `${written.key} read back differs from what was written`,
    {
      tried: `GetObject ${written.key} in ${store.display}`,
      answer: how,
      advice: "the backup was not sealed; run it again, and test the location if this repeats",
    },
  );
}
