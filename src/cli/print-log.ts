import type { FileSource } from "../catalog/read-side-file.ts";
import { type ExitStatus, exitStatus } from "./exit-codes.ts";
import { safeLogText } from "./render/error-text.ts";
import type { Session } from "./session.ts";

/** Writes a stored log to stdout as it arrives. Errors: ARK_STORE_NOT_FOUND. */
export async function printLog(
  session: Session,
  store: FileSource,
  key: string,
): Promise<ExitStatus> {
  const { readLog } = await import("../catalog/read-side-file.ts");
  const { stdout } = session.invocation.environment;
  const decoder = new TextDecoder();
  for await (const chunk of readLog(store, key, session.signal)) {
    stdout.write(safeLogText(decoder.decode(chunk, { stream: true })));
    await stdout.drained();
  }
  stdout.write(safeLogText(decoder.decode()));
  return exitStatus.done;
}
