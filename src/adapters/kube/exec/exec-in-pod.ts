import { ArkError } from "../../../lib/errors.ts";
import type { Clock } from "../../../ports/clock.ts";
import { ApiError } from "../../../ports/cluster.ts";
import { ExecError, type ExecRequest, type ExecResult } from "../../../ports/pod-exec.ts";
import { toApiError } from "../api-answer.ts";
import type { ServerAccess } from "../credentials/server-access.ts";
import type { Intent } from "../intent.ts";
import { resourcePath } from "../resource-path.ts";
import { retryDelayMs } from "../retry.ts";
import { toUnreachableError, wasNeverSent } from "../unreachable.ts";
import { openCommandStream, type StreamEnd } from "./command-stream.ts";
import { lost, notEnded, notOpened, notRun } from "./exec-failure.ts";
import { type Handshake, watchHandshake } from "./handshake.ts";

export interface ExecContext {
  readonly access: ServerAccess;
  readonly clock: Clock;
}

/** The server closes the connection once all output is out; not for ever is that waited for. */
const lastOutputMs = 5_000;

const pods = { group: "", version: "v1", resource: "pods" };

/** Keeps the promises of ports/pod-exec.ts. */
export async function execInPod(
  context: ExecContext,
  request: ExecRequest,
  signal: AbortSignal,
): Promise<ExecResult> {
  signal.throwIfAborted();
  const { clock } = context;
  const late = new AbortController();
  const over = new AbortController();
  clock.sleep(request.timeoutMs, over.signal).then(
    () => late.abort(),
    () => undefined,
  );
  const stop = AbortSignal.any([signal, late.signal]);
  try {
    return await execRetrying(context, request, { signal, stop });
  } finally {
    over.abort();
  }
}

interface Limits {
  /** The caller's. */
  readonly signal: AbortSignal;
  /** The caller's, or the command's time is over. */
  readonly stop: AbortSignal;
}

/** Asks again only where it is certain that the command has not begun. */
async function execRetrying(
  context: ExecContext,
  request: ExecRequest,
  limits: Limits,
): Promise<ExecResult> {
  const { access, clock } = context;
  let mayRefresh = true;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await execOnce(context, request, limits);
    } catch (error) {
      limits.signal.throwIfAborted();
      if (!(error instanceof ArkError) || error instanceof ExecError) throw error;
      if (error instanceof ApiError && error.api.status === 401 && mayRefresh) {
        mayRefresh = false;
        if (await access.refresh()) continue;
      }
      const delayMs = mayAskAgain(error)
        ? retryDelayMs(error, attempt, true, clock.random())
        : undefined;
      if (delayMs === undefined) throw notOpened(request, error);
      await clock.sleep(delayMs, limits.stop).catch(() => {
        limits.signal.throwIfAborted();
        throw notOpened(request, error);
      });
    }
  }
}

function mayAskAgain(error: ArkError): boolean {
  return error instanceof ApiError && (error.api.status !== 0 || wasNeverSent(error));
}

/** Throws an ExecError when the command may have begun, and else what kept it from it. */
async function execOnce(
  { access, clock }: ExecContext,
  request: ExecRequest,
  { signal, stop }: Limits,
): Promise<ExecResult> {
  const [dispatcher, headers] = await Promise.all([access.dispatcher(), access.headers()]);
  stop.throwIfAborted();
  const handshake = watchHandshake(dispatcher, headers);
  const url = `${access.serverUrl.replace(/^http/, "ws")}${execPath(request)}`;
  const stream = openCommandStream(url, handshake, request.stdin);
  try {
    const first = await Promise.race([stream.ended, stream.told, aborted(stop)]);
    if (first === "aborted") {
      signal.throwIfAborted();
      throw notEnded(request, true, stream.output());
    }
    const grace = clock.sleep(lastOutputMs, stop).then(
      () => undefined,
      () => undefined,
    );
    const end = first ?? (await Promise.race([stream.ended, grace]));
    return resultOf(request, end ?? stream.now(), () =>
      whyNotOpened(handshake, end?.reason ?? "", request, access.serverUrl),
    );
  } finally {
    stream.drop();
  }
}

function aborted(signal: AbortSignal): Promise<"aborted"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("aborted");
    else signal.addEventListener("abort", () => resolve("aborted"), { once: true });
  });
}

function resultOf(request: ExecRequest, end: StreamEnd, notOpen: () => ArkError): ExecResult {
  const { opened, status, reason, stdout, stderr } = end;
  if (!opened) throw notOpen();
  if (status === undefined) throw lost(request, reason, { stdout, stderr });
  if (status.state === "failed") throw notRun(request, status.message, { stdout, stderr });
  return { exitCode: status.exitCode, stdout, stderr };
}

function whyNotOpened(
  handshake: Handshake,
  reason: string,
  request: ExecRequest,
  serverUrl: string,
): ArkError {
  const intent = intentOf(request);
  const refused = handshake.refused();
  if (refused !== undefined) return toApiError(refused, intent, serverUrl);
  if (handshake.socket() === undefined) {
    return toUnreachableError(handshake.failure(), intent, serverUrl);
  }
  return new ExecError(
    "ARK_API_PROTOCOL",
    `the API server at ${serverUrl} opened a connection for a command that is none`,
    {
      answer: reason,
      advice: "Something between here and the API server may have answered in its place.",
      mayHaveRun: true,
    },
  );
}

function intentOf({ namespace, pod }: ExecRequest): Intent {
  return { verb: "exec in", resource: "pods", namespace, name: pod };
}

function execPath({ namespace, pod, container, command, stdin }: ExecRequest): string {
  const query = new URLSearchParams({ container, stdout: "true", stderr: "true" });
  if (stdin !== undefined) query.set("stdin", "true");
  for (const word of command) query.append("command", word);
  return `${resourcePath(pods, { namespace, name: pod, subresource: "exec" })}?${query}`;
}
