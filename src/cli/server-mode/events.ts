import { decodeJson } from "../../lib/json-text.ts";
import { listAll } from "../../runtime/list-all.ts";
import { eventKind } from "./core-kinds.ts";
import type { ServerAccess } from "./server-access.ts";

interface Event {
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
}

/** The newest Event about an object, `Reason: message`; undefined where there is none, or none may be read. */
export async function lastEventAbout(
  { cluster, namespace }: ServerAccess,
  about: { readonly kind: string; readonly name: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const found: Event[] = [];
  const fieldSelector = `involvedObject.name=${about.name},involvedObject.kind=${about.kind}`;
  const take = ({ bytes }: { readonly bytes: Buffer }) =>
    found.push(decodeJson(bytes.toString("utf8")) as Event);
  try {
    await listAll(cluster, { kind: eventKind, namespace, fieldSelector }, 100, take, signal);
  } catch {
    // Whoever may not read Events is told the rest all the same.
    signal.throwIfAborted();
    return undefined;
  }
  const time = ({ lastTimestamp, eventTime }: Event) => lastTimestamp ?? eventTime ?? "";
  const [last] = found.sort((a, b) => (time(a) < time(b) ? 1 : -1));
  return last === undefined ? undefined : `${last.reason ?? "Event"}: ${last.message ?? ""}`;
}
