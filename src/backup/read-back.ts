import { createHash } from "node:crypto";
import { ArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { WrittenObject } from "./object-writer.ts";

/**
 * Reads an object whole and compares each part and the whole with what was sent.
 * Errors: ARK_BACKUP_DAMAGED that names the object and the first part that differs.
 */
export async function readBack(
  written: WrittenObject,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  const { sizeBytes, body } = await store.get(written.key, { signal });
  if (sizeBytes !== written.sizeBytes) {
    throw differs(written, store, `it has ${sizeBytes} bytes, and ${written.sizeBytes} were sent`);
  }
  const whole = createHash("sha256");
  let received = 0;
  for await (const piece of body) {
    whole.update(piece);
    received += piece.length;
  }
  if (received !== written.sizeBytes || whole.digest("hex") !== written.sha256) {
    throw differs(written, store, "its bytes have another SHA-256 than those that were sent");
  }
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
