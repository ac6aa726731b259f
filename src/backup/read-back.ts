import { createHash } from "node:crypto";
import type { NameClaim } from "../catalog/name-claim.ts";
import { backupKeys } from "../format/keys.ts";
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
    throw new ReadBackError(written, store, "the store says that there is no such object");
  });
  if (sizeBytes !== written.sizeBytes) {
    throw new ReadBackError(
      written,
      store,
      `it has ${sizeBytes} bytes, and ${written.sizeBytes} were sent`,
    );
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
      if (expected.done === true)
        throw new ReadBackError(written, store, "it has more bytes than were sent");
      const taken = rest.subarray(0, expected.value.sizeBytes - inPart);
      hash.update(taken);
      inPart += taken.length;
      rest = rest.subarray(taken.length);
      if (inPart < expected.value.sizeBytes) continue;
      if (hash.digest("hex") !== expected.value.sha256) {
        throw new ReadBackError(
          written,
          store,
          `part ${number} of it has other bytes than were sent`,
        );
      }
      expected = parts.next();
      hash = createHash("sha256");
      inPart = 0;
      number += 1;
    }
  }
  if (expected.done !== true && expected.value.sizeBytes > 0) {
    throw new ReadBackError(written, store, "it broke off before its end");
  }
  return { ...written, sha256: whole.digest("hex") };
}

/** An object is not in the store as it was sent. */
class ReadBackError extends ArkError {
  readonly key: string;

  constructor({ key }: WrittenObject, store: ObjectStore, how: string) {
    super("ARK_BACKUP_DAMAGED", `${key} read back differs from what was written`, {
      tried: `GetObject ${key} in ${store.display}`,
      answer: how,
      advice: "the backup was not sealed; run it again, and test the location if this repeats",
    });
    this.key = key;
  }
}

/**
 * The process that a run was taken from may have had one put on the way, which landed on what the
 * new owner had written since: a file that is written anew when the run goes on is no lasting
 * damage then. Any other error is answered as it is.
 */
export function blameFormerOwner(
  thrown: unknown,
  backup: string,
  { continued }: Pick<NameClaim, "continued">,
): unknown {
  if (!(thrown instanceof ReadBackError) || !continued) return thrown;
  // An archive that was completed is taken over as it stands.
  if (thrown.key === backupKeys(backup).archive) return thrown;
  const { code, message, tried, answer } = thrown;
  return new ArkError(code, message, {
    ...(tried === undefined ? {} : { tried }),
    ...(answer === undefined ? {} : { answer }),
    advice: "the backup was not sealed; test the location if this repeats",
    disposition: "retry",
    cause: thrown,
  });
}
