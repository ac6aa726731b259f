import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ArkError } from "../lib/errors.ts";
import { detailsTrailer, encodeStatus, statusCode } from "./grpc-status.ts";
import type { Method, MethodShape } from "./method.ts";

/** A method with what answers it; made by `answer`, `answerEach`, `answerAll`. */
export interface Handler {
  readonly method: Method<never, never, MethodShape>;
  /** Of grpc-js. */
  readonly handle: (...args: never[]) => void;
}

export function answer<Request, Response>(
  method: Method<Request, Response>,
  respond: (request: Request) => Promise<Partial<Response>>,
): Handler {
  const handle = (
    call: ServerUnaryCall<Request, Partial<Response>>,
    done: sendUnaryData<Partial<Response>>,
  ): void => {
    respond(call.request).then(
      (response) => done(null, response),
      (thrown) => done(failure(thrown)),
    );
  };
  return { method: method as unknown as Handler["method"], handle: handle as Handler["handle"] };
}

/** Many responses. */
export function answerEach<Request, Response>(
  method: Method<Request, Response, "server stream">,
  respond: (request: Request, signal: AbortSignal) => AsyncIterable<Partial<Response>>,
): Handler {
  const handle = (call: ServerWritableStream<Request, Partial<Response>>): void => {
    const gone = new AbortController();
    call.on("cancelled", () => gone.abort());
    const run = async (): Promise<void> => {
      for await (const response of respond(call.request, gone.signal)) {
        if (gone.signal.aborted) return;
        if (!call.write(response)) {
          await new Promise<void>((resolve) => {
            call.once("drain", resolve);
            gone.signal.addEventListener("abort", () => resolve(), { once: true });
          });
        }
      }
      call.end();
    };
    // The only way in which grpc-js ends a stream of responses with a status.
    run().catch((thrown: unknown) => call.emit("error", failure(thrown)));
  };
  return { method: method as unknown as Handler["method"], handle: handle as Handler["handle"] };
}

/** Many requests. Leaving the iteration early, or throwing, ends the call with an error. */
export function answerAll<Request, Response>(
  method: Method<Request, Response, "client stream">,
  respond: (requests: AsyncIterable<Request>) => Promise<Partial<Response>>,
): Handler {
  const handle = (
    call: ServerReadableStream<Request, Partial<Response>>,
    done: sendUnaryData<Partial<Response>>,
  ): void => {
    // A stream that broke off must not look like one that ended.
    const requests = async function* (): AsyncGenerator<Request> {
      yield* call as AsyncIterable<Request>;
      if (call.cancelled)
        throw new ArkError("ARK_CANCELLED", "the caller has broken the stream off");
    };
    respond(requests()).then(
      (response) => done(null, response),
      (thrown) => done(failure(thrown)),
    );
  };
  return { method: method as unknown as Handler["method"], handle: handle as Handler["handle"] };
}

function failure(thrown: unknown) {
  const text = thrown instanceof Error ? describe(thrown) : String(thrown);
  const metadata = new Metadata();
  metadata.set(detailsTrailer, encodeStatus(statusCode.unknown, text));
  return { code: statusCode.unknown, details: text, message: text, name: "Error", metadata };
}

function describe(error: Error): string {
  const { answer, advice } = error as Partial<ArkError>;
  return [error.message, answer, advice].filter((part) => part !== undefined).join("; ");
}

/** Listens on a unix socket. Methods that no handler answers are UNIMPLEMENTED. */
export async function serveGrpc(
  handlers: readonly Handler[],
  socketPath: string,
): Promise<{ stop(): void }> {
  const server = new Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: Record<string, unknown> = {};
  for (const { method, handle } of handlers) {
    const { path, shape, request, response } = method;
    definition[path] = {
      path,
      requestStream: shape === "client stream",
      responseStream: shape === "server stream",
      requestSerialize: (message: unknown) => request.encode(message as never),
      requestDeserialize: (bytes: Buffer) => request.decode(bytes),
      responseSerialize: (message: unknown) => response.encode(message as never),
      responseDeserialize: (bytes: Buffer) => response.decode(bytes),
    };
    implementation[path] = handle;
  }
  server.addService(definition, implementation as UntypedServiceImplementation);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  return { stop: () => server.forceShutdown() };
}
