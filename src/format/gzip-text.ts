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
  let pieces: string[] = [];
  let pendingChars = 0;
  const members: Buffer[] = [];
  let last: Promise<void> = Promise.resolve();
  const flush = (): void => {
    const text = Buffer.from(pieces.join(""), "utf8");
    pieces = [];
    pendingChars = 0;
    last = last.then(async () => {
      members.push(await compressMember(text, level));
    });
    // `finish` awaits and rethrows; without this a run that ends early would be an unhandled one.
    last.catch(() => {});
  };
  return {
    append(text) {
      pieces.push(text);
      pendingChars += text.length;
      if (pendingChars >= stepChars) flush();
    },
    async finish() {
      if (pendingChars > 0 || members.length === 0) flush();
      await last;
      return Buffer.concat(members);
    },
  };
}
