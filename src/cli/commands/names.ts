import {
  backupsPrefix,
  isResourceName,
  namesPrefix,
  restoreRecordsPrefix,
  restoresPrefix,
} from "../../format/keys.ts";
import type { Invocation, NamedNoun } from "../command-spec.ts";
import { openStore } from "../compose.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { builtInName, chosenLocation } from "../locations.ts";
import { type Session, withSession } from "../session.ts";

/** Whoever presses Tab waits no longer. */
const patienceMs = 3_000;

/**
 * Names for the completion of shells, one per line. Asks no cluster and reads no backup; where
 * names cannot be had there are none, and no word about it. A shell expands what it is given, and
 * whoever can write to the bucket chooses names: only harmless ones are printed.
 */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { args, environment } = invocation;
  const patience = AbortSignal.timeout(patienceMs);
  const signal = AbortSignal.any([environment.signal, patience]);
  const stderr = { ...environment.stderr, write: () => {} };
  const quiet = { ...invocation, environment: { ...environment, signal, stderr } };
  try {
    const names = await withSession(quiet, (session) => namesOf(session, args[0] as NamedNoun));
    environment.stdout.write(names.map((name) => `${name}\n`).join(""));
  } catch {
    // Said nowhere: it would stand in the midst of the line that is being typed.
  }
  return exitStatus.done;
}

async function namesOf(session: Session, noun: NamedNoun): Promise<readonly string[]> {
  if (noun === "locations") {
    const names = new Set([...Object.keys(session.config.locations), builtInName]);
    return [...names].filter((name) => /^\w[\w.-]*$/.test(name)).sort();
  }
  const { flags, environment } = session.invocation;
  const asked = flags.text("storage-location");
  const store = await openStore(session, await chosenLocation(asked, session.config, environment));
  const prefixes = {
    backups: [backupsPrefix, namesPrefix],
    restores: [restoresPrefix, restoreRecordsPrefix],
  }[noun];
  const names = new Set<string>();
  for (const prefix of prefixes) {
    for await (const entry of store.list(prefix, { delimiter: "/", signal: session.signal })) {
      if (entry.kind === "prefix") names.add(entry.key.slice(prefix.length, -1));
    }
  }
  return [...names].filter(isResourceName).sort();
}
