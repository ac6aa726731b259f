/**
 * Ends the testbeds of a starter that died without doing so, even by SIGKILL.
 *
 * The starter holds the other end of stdin and writes `+FOLDER` and `-FOLDER` lines. When the pipe
 * closes, whatever is still guarded is destroyed.
 */
import { createInterface } from "node:readline";
import { destroyInstance } from "./destroy-instance.ts";
import { claimsFolder } from "./free-ports.ts";
import { sweepLocks } from "./lock-folder.ts";

const guarded = new Set<string>();
for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith("+")) guarded.add(line.slice(1));
  if (line.startsWith("-")) guarded.delete(line.slice(1));
}
// Without grace: nobody is left to use what they would save.
for (const folder of guarded) await destroyInstance(folder, 0);
sweepLocks(claimsFolder());
