import {
  type ServerStatusRequest,
  serverStatusRequestKind,
} from "../../api/server-status-request.ts";
import { ArkError } from "../../lib/errors.ts";
import { parsePositiveDuration } from "../go-duration.ts";
import { span } from "../render/amounts.ts";
import type { Session } from "../session.ts";
import { follow } from "./follow.ts";
import { placeOf, resourcesOf } from "./resources.ts";
import type { ServerAccess } from "./server-access.ts";

/** As Velero's. */
const defaultTimeoutMs = 5_000;
const tidyMs = 3_000;

export type ServerStatus = NonNullable<ServerStatusRequest["status"]>;

/** What the server says of itself, within `--timeout`. Errors: ARK_API_FAILED where it says nothing. */
export async function askServer(session: Session, server: ServerAccess): Promise<ServerStatus> {
  const { clock, signal } = session;
  const typed = session.invocation.flags.text("timeout");
  const limitMs =
    typed === undefined ? defaultTimeoutMs : parsePositiveDuration(typed, "--timeout");
  const requests = resourcesOf(serverStatusRequestKind, server, signal);
  const { metadata } = await requests.create({ name: `ark-ts-cli-${clock.uuid()}` });
  try {
    const { state } = await follow<ServerStatusRequest>({
      clock,
      signal,
      limitMs,
      pauseMs: 25,
      maxPauseMs: 250,
      read: () => requests.find(metadata.name),
      isEnd: (request) => request === undefined || request.status?.phase === "Processed",
    });
    if (state?.status?.phase === "Processed") return state.status;
  } finally {
    // The server takes it away too, a minute after its answer.
    const tidy = resourcesOf(serverStatusRequestKind, server, AbortSignal.timeout(tidyMs));
    await tidy.remove(metadata.name).catch(() => undefined);
  }
  throw new ArkError(
    "ARK_API_FAILED",
    `no server in ${placeOf(server)} has answered within ${span(limitMs)}`,
    {
      advice:
        "see whether its pod runs: kubectl -n " +
        server.namespace +
        " get pods; --timeout waits longer",
    },
  );
}
