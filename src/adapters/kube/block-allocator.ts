/** Small enough that an object kept for long holds little beside itself in memory. */
const blockBytes = 256 * 1024;

/** From this size on a buffer of its own costs less than the rest of a block it would waste. */
const ownBufferBytes = 32 * 1024;

/**
 * Cuts small buffers out of larger ones, so that thousands of objects do not each cost an
 * allocation outside the heap. A block is freed when the last buffer cut from it is.
 */
export function createBlockAllocator(): (sizeBytes: number) => Buffer {
  let block = Buffer.alloc(0);
  let used = 0;
  return (sizeBytes) => {
    if (sizeBytes >= ownBufferBytes) return Buffer.allocUnsafeSlow(sizeBytes);
    if (used + sizeBytes > block.length) {
      block = Buffer.allocUnsafeSlow(blockBytes);
      used = 0;
    }
    used += sizeBytes;
    return block.subarray(used - sizeBytes, used);
  };
}
