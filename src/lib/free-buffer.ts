/** Smaller buffers may share their memory with others (Node's pool), and are cheap to leave. */
const worthFreeingBytes = 256 * 1024;

/**
 * Gives a large buffer's memory back now and not when the garbage is collected, which for memory
 * outside V8's heap is late. The buffer, and every other view of that memory, is empty from then
 * on: only for whom nobody else can be reading it.
 */
export function freeBuffer(buffer: Uint8Array): void {
  const memory = buffer.buffer;
  if (!(memory instanceof ArrayBuffer) || memory.byteLength < worthFreeingBytes) return;
  // What is not taken over is freed.
  memory.transfer(0);
}
