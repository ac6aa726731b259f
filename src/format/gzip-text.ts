import { createTextBuffer } from "../lib/text-buffer.ts";
import { compressMember } from "./gzip-member.ts";

/** Text is compressed in steps of this size, each its own gzip member. */
const stepChars = 256 * 1024;
const level = 6;

/** Text that grows while a run goes on and is held compressed: lists of names, logs. */
export interface GzipText {
  append(text: string): void;
  /** The members so far and the rest. To be called once, last. */
  finish(): Promise<Buffer>;
}

/**
 * Memory is the compressed text plus what the compressor has not yet reached; one member is in
 * flight at a time, so that the archive keeps zlib's threads.
 */
export function createGzipText(): GzipText {
  const pending = createTextBuffer();
  const members: Buffer[] = [];
  let last: Promise<void> = Promise.resolve();
  const flush = (): void => {
    const text = pending.take();
    last = last.then(async () => {
      members.push(await compressMember(text, level));
      pending.reuse(text);
    });
    // `finish` awaits and rethrows; without this a run that ends early would be an unhandled one.
    last.catch(() => {});
  };
  return {
    append(text) {
      pending.append(text);
      if (pending.chars >= stepChars) flush();
    },
    async finish() {
      if (pending.chars > 0 || members.length === 0) flush();
      await last;
      return Buffer.concat(members);
    },
  };
}
