import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { serverNamespace } from "../choose-mode.ts";
import type { Invocation } from "../command-spec.ts";
import { openCluster } from "../compose.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { counted, size } from "../render/amounts.ts";
import { type Session, withSession } from "../session.ts";
import { usageError } from "../usage-error.ts";

/**
 * Writes a support bundle about the server, whether it lives or not: no Lease is looked at. What may
 * not be read is named; partially failed then.
 */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { createBundle } = await import("../server-mode/debug/bundle.ts");
    const { gather } = await import("../server-mode/debug/gather.ts");
    const server = { ...(await openCluster(session)), namespace: serverNamespace(session) };
    const bundle = createBundle(session.signal);
    await gather(session, server, bundle);
    const now = session.clock.now();
    const folder = `bundle-${now.toISOString().slice(0, 19).replace(/[T:]/g, "-")}`;
    const { bytes, files } = await bundle.pack(folder, now);
    const path = invocation.flags.text("output") ?? `${folder}.tar.gz`;
    await write(session, path, bytes);
    invocation.environment.stdout.write(
      `support bundle: ${path}   ${counted(files, "file")}, ${size(bytes.length)}\n`,
    );
    for (const gap of bundle.gaps) session.note(session.err.warn(`not in it: ${gap}`));
    session.note("secrets are taken out; names of objects, buckets and hosts are in it");
    return bundle.gaps.length === 0 ? exitStatus.done : exitStatus.partiallyFailed;
  });
}

/** For the user alone; a file that exists is not replaced. */
async function write({ invocation }: Session, path: string, bytes: Buffer): Promise<void> {
  try {
    await writeFile(resolve(invocation.environment.cwd, path), bytes, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw usageError(
      `--output=${path}: the bundle cannot be written there (${(error as Error).message})`,
      "name another file with --output",
    );
  }
}
