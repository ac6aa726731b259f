/** pods/exec: who may, which container, and a test's script in place of a kubelet. */
import type { ApiResponse, ResourceRequest, ServerContext } from "./api-call.ts";
import { ApiStatus, badRequest, notFound } from "./api-status.ts";
import { child, type JsonObject, text } from "./json.ts";
import { acceptOf, type WebSocketPeer } from "./web-socket.ts";
import { currentVersion, objectOf } from "./write-call.ts";

/** One command, as the client asked for it. */
export interface ExecCall {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  /** The channel protocol that both sides speak. */
  readonly protocol: string;
}

/** The side of the container. */
export interface ExecSession {
  stdout(chunk: string | Buffer): Promise<void>;
  stderr(chunk: string | Buffer): Promise<void>;
  /** Standard input until its end (v5) or that of the connection. */
  stdin(): AsyncIterable<Buffer>;
  /** Tells the exit code and closes. */
  exit(code: number): Promise<void>;
  /** Tells what the container's runtime says when it cannot run the command, and closes. */
  fail(message: string): Promise<void>;
  /** Closes without a word about the command's end. */
  close(): void;
  /** Aborts when the client goes away. */
  readonly gone: AbortSignal;
}

/** What containers do; what it throws breaks the connection. Where it returns without an exit, that is 0. */
export type ContainerScript = (call: ExecCall, session: ExecSession) => void | Promise<void>;

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const;
const spoken = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/** 101 for a command that may begin; the front door then hands the connection to the script. */
export function admitExec(context: ServerContext, request: ResourceRequest): ApiResponse {
  const { kind, name, query, headers } = request;
  const version = currentVersion(context, request);
  if (version === undefined) throw notFound(kind, name);
  const container = containerOf(objectOf(kind, version), name, query.get("container") ?? "");
  if (query.getAll("command").length === 0)
    throw badRequest("you must specify at least 1 command for the container");
  if ((headers["upgrade"] ?? "").toLowerCase() !== "websocket")
    throw badRequest("Upgrade request required");
  const asked = (headers["sec-websocket-protocol"] ?? "").split(",").map((one) => one.trim());
  const protocol = asked.find((one) => (context.execProtocols ?? spoken).includes(one));
  if (protocol === undefined)
    throw new ApiStatus(403, "Forbidden", "no channel protocol in common");
  return {
    status: 101,
    headers: {
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-accept": acceptOf(headers["sec-websocket-key"] ?? ""),
      "sec-websocket-protocol": protocol,
      "x-container": container,
    },
    body: Buffer.alloc(0),
  };
}

function containerOf(pod: JsonObject, name: string, asked: string): string {
  const spec = child(pod, "spec");
  const names = [spec["containers"], spec["initContainers"]]
    .flatMap((list) => (Array.isArray(list) ? list : []))
    .map((one) => text((one as JsonObject)["name"]));
  if (asked === "") return names[0] ?? "";
  if (names.includes(asked)) return asked;
  throw badRequest(`container ${asked} is not valid for pod ${name}`);
}

/** Runs the script over a connection that was admitted. */
export async function runScript(
  script: ContainerScript,
  target: string,
  admitted: ApiResponse,
  peer: WebSocketPeer,
): Promise<void> {
  const { pathname, searchParams } = new URL(target, "http://localhost");
  const [, namespace = "", pod = ""] = /namespaces\/([^/]+)\/pods\/([^/]+)/.exec(pathname) ?? [];
  const call: ExecCall = {
    namespace: decodeURIComponent(namespace),
    pod: decodeURIComponent(pod),
    container: admitted.headers["x-container"] ?? "",
    command: searchParams.getAll("command"),
    protocol: admitted.headers["sec-websocket-protocol"] ?? "",
  };
  const input = stdinOf(peer);
  let isOver = false;
  const end = async (status: object): Promise<void> => {
    isOver = true;
    await peer.send(frame(channel.error, Buffer.from(JSON.stringify(status))));
    peer.close();
  };
  const session: ExecSession = {
    gone: peer.gone,
    stdout: (chunk) => peer.send(frame(channel.stdout, chunk)),
    stderr: (chunk) => peer.send(frame(channel.stderr, chunk)),
    stdin: () => input,
    exit: (code) => end(exitStatus(code)),
    fail: (message) =>
      end({ metadata: {}, status: "Failure", message, reason: "InternalError", code: 500 }),
    close() {
      isOver = true;
      peer.close();
    },
  };
  await script(call, session);
  if (!isOver) await session.exit(0);
}

function frame(kind: number, chunk: string | Buffer): Buffer {
  return Buffer.concat([Buffer.of(kind), Buffer.from(chunk)]);
}

function exitStatus(code: number): object {
  if (code === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}

/** The client's frames are read at once, so that its close is seen whatever the script does. */
function stdinOf(peer: WebSocketPeer): AsyncIterable<Buffer> {
  const chunks: Buffer[] = [];
  let isOver = false;
  let wake = (): void => undefined;
  const read = async (): Promise<void> => {
    for await (const [kind = 0, ...rest] of peer.messages()) {
      if (kind === channel.stdin) chunks.push(Buffer.from(rest));
      if (kind === channel.close) isOver = true;
      wake();
    }
    isOver = true;
    wake();
  };
  void read();
  return (async function* () {
    for (;;) {
      const chunk = chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (isOver) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  })();
}
