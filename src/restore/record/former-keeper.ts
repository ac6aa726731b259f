import type { NameClaim } from "../../catalog/name-claim.ts";
import { putOwned } from "../../catalog/put-owned.ts";
import { encodeFormerPart, type FormerObject, formerLine } from "../../format/former-object.ts";
import { formerKey } from "../../format/keys.ts";
import { type ArkError, toArkError } from "../../lib/errors.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { objectKey } from "../apply/object-key.ts";
import { readFormers } from "./read-formers.ts";

/** A part is closed at this size; what waits goes into the next one. */
const maxPartBytes = 8 * 1024 * 1024;

/** Keeps what stood in the cluster, so that a restore can be undone. */
export interface FormerKeeper {
  /**
   * Resolves when the object is durable. All that waits goes into one part, and one is written at
   * a time. Errors: those of the store, ARK_NAME_LOST.
   */
  keep(former: FormerObject): Promise<void>;
  /** Nothing was done to what was kept of this object: what is kept next stands instead. */
  withdraw(former: Pick<FormerObject, "resource" | "namespace" | "name">): void;
  /** What was kept of this uid, by this process or one before it. Errors: those of the store. */
  find(uid: string): Promise<FormerObject | undefined>;
}

export interface KeeperOptions {
  readonly store: ObjectStore;
  readonly restore: string;
  readonly claim: Pick<NameClaim, "checkOwner">;
  /** Parts that processes of the run have written before. */
  readonly lastNumber: number;
}

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: ArkError) => void;
}

export function createFormerKeeper(options: KeeperOptions, signal: AbortSignal): FormerKeeper {
  const { store, restore, claim } = options;
  let number = options.lastNumber;
  let waiting: Waiting[] = [];
  let isWriting = false;
  const withdrawn = new Set<string>();
  const writeAll = async (): Promise<void> => {
    isWriting = true;
    while (waiting.length > 0) {
      const part = takePart(waiting);
      waiting = waiting.slice(part.length);
      try {
        number += 1;
        const key = formerKey(restore, number);
        const bytes = await encodeFormerPart(part.map(({ line }) => line));
        await putOwned({ store, key, bytes, checkOwner: claim.checkOwner }, signal);
        for (const { done } of part) done();
      } catch (thrown) {
        for (const { failed } of part) failed(toArkError(thrown));
      }
    }
    isWriting = false;
  };
  return {
    keep(former) {
      const instead = withdrawn.delete(placeOf(former)) ? { instead: true as const } : {};
      return new Promise((done, failed) => {
        waiting.push({ line: formerLine({ ...instead, ...former }), done, failed });
        if (!isWriting) void writeAll();
      });
    },
    withdraw: (former) => void withdrawn.add(placeOf(former)),
    async find(uid) {
      for await (const part of readFormers(store, restore, signal)) {
        const found = part.find((former) => former.uid === uid);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function placeOf(former: Parameters<FormerKeeper["withdraw"]>[0]): string {
  return objectKey(former.resource, former.namespace, former.name);
}

function takePart(waiting: readonly Waiting[]): readonly Waiting[] {
  let bytes = 0;
  const full = waiting.findIndex(({ line }) => {
    bytes += line.length;
    return bytes > maxPartBytes;
  });
  return full === -1 ? waiting : waiting.slice(0, Math.max(1, full));
}

/** For a restore that nothing can be written down of: what it would change cannot be kept. */
export function noFormerKeeper(why: ArkError): FormerKeeper {
  return { keep: async () => Promise.reject(why), withdraw() {}, find: async () => undefined };
}
