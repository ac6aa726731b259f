import { Client, type ClientWritableStream, credentials, type ServiceError } from "@grpc/grpc-js";
import { detailsTrailer, type GrpcStatus, readStatus } from "./grpc-status.ts";
import type { MessageCodec } from "./message.ts";
import type { Method } from "./method.ts";

/** Calls to one server of gRPC. Those under way when it goes away fail, as all later ones. */
export interface GrpcConnection {
  call<Request, Response>(
    method: Method<Request, Response>,
    request: Partial<Request>,
    signal?: AbortSignal,
  ): Promise<Response>;
  /** Leaving the iteration early ends the call. */
  receive<Request, Response>(
    method: Method<Request, Response, "server stream">,
    request: Partial<Request>,
    signal?: AbortSignal,
  ): AsyncIterable<Response>;
  send<Request, Response>(
    method: Method<Request, Response, "client stream">,
  ): SentStream<Request, Response>;
  close(): void;
}

export interface SentStream<Request, Response> {
  /** Resolves when more may be written; rejects when the call has failed meanwhile. */
  write(request: Partial<Request>): Promise<void>;
  finish(): Promise<Response>;
  /**
   * Makes the other side fail: bytes that are no message, then the end. Never cancel in its place:
   * Node sends an end of stream before the reset, and the other side takes what it has for the
   * whole. Resolves when the call has ended.
   */
  poison(): Promise<void>;
}

/** Makes the error of a failed call; `path` is the method's. */
export type ToError = (path: string, status: GrpcStatus) => Promise<Error>;

const channelOptions = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  "grpc.enable_retries": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.use_local_subchannel_pool": 1,
} as const;

/** `target`: as gRPC names it, `unix:/path` or `127.0.0.1:4711`; plain text, no TLS. */
export function openGrpcConnection(target: string, toError: ToError): GrpcConnection {
  const client = new Client(target, credentials.createInsecure(), channelOptions);
  const failed = async (path: string, error: ServiceError): Promise<Error> =>
    toError(path, statusOf(error));
  return {
    async call(method, request, signal) {
      signal?.throwIfAborted();
      const { path } = method;
      return await new Promise((resolve, reject) => {
        const call = client.makeUnaryRequest(
          path,
          passOn,
          decoder(method.response),
          method.request.encode(request),
          (error: ServiceError | null, response) => {
            signal?.removeEventListener("abort", cancel);
            if (error === null && response !== undefined) resolve(response);
            else if (signal?.aborted) reject(signal.reason);
            else if (error !== null) failed(path, error).then(reject, reject);
          },
        );
        const cancel = () => call.cancel();
        signal?.addEventListener("abort", cancel, { once: true });
      });
    },
    async *receive(method, request, signal) {
      signal?.throwIfAborted();
      const { path } = method;
      const encoded = method.request.encode(request);
      const call = client.makeServerStreamRequest(path, passOn, decoder(method.response), encoded);
      // The iterator reports it; without a listener it would end the process where none reads yet.
      call.on("error", () => undefined);
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
      try {
        for await (const response of call) yield response;
      } catch (thrown) {
        signal?.throwIfAborted();
        throw await failed(path, thrown as ServiceError);
      } finally {
        signal?.removeEventListener("abort", cancel);
        call.cancel();
      }
    },
    send: (method) => sendStream(client, method, failed),
    close: () => client.close(),
  };
}

const passOn = (value: Buffer): Buffer => value;

function decoder<Message>(codec: MessageCodec<Message>): (bytes: Buffer) => Message {
  return (bytes) => codec.decode(bytes);
}

function statusOf(error: ServiceError): GrpcStatus {
  // What was thrown while a response was decoded is no status.
  if (typeof error.code !== "number") throw error;
  const [details] = error.metadata?.get(detailsTrailer) ?? [];
  const bytes = details instanceof Uint8Array ? details : undefined;
  return readStatus(error.code, error.details ?? "", bytes);
}

function sendStream<Request, Response>(
  client: Client,
  method: Method<Request, Response, "client stream">,
  failed: (path: string, error: ServiceError) => Promise<Error>,
): SentStream<Request, Response> {
  let stream: ClientWritableStream<Buffer> | undefined;
  const answered = new Promise<Response>((resolve, reject) => {
    stream = client.makeClientStreamRequest<Buffer, Response>(
      method.path,
      passOn,
      decoder(method.response),
      (error, response) => {
        if (error === null && response !== undefined) resolve(response);
        else if (error !== null) failed(method.path, error).then(reject, reject);
      },
    );
  });
  answered.catch(() => undefined);
  const open = stream as unknown as ClientWritableStream<Buffer>;
  open.on("error", () => undefined);
  return {
    async write(request) {
      if (open.write(method.request.encode(request))) return;
      const drained = new Promise<void>((resolve) => {
        open.once("drain", resolve);
      });
      // A plugin that fails early answers, and never drains.
      await Promise.race([drained, answered]);
    },
    async finish() {
      open.end();
      return await answered;
    },
    async poison() {
      open.write(notAMessage);
      open.end();
      await answered.catch(() => undefined);
    },
  };
}

/** A tag with a number that has no end. */
const notAMessage = Buffer.from([0xff, 0xff, 0xff]);
