import type { MessageCodec } from "./message.ts";

/** `server stream`: many responses; `client stream`: many requests. */
export type MethodShape = "unary" | "client stream" | "server stream";

/** One call of a gRPC service. */
export interface Method<Request, Response, Shape extends MethodShape = "unary"> {
  /** `/package.Service/Name`. */
  readonly path: string;
  readonly shape: Shape;
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
}

export function unary<Request, Response>(
  path: string,
  request: MessageCodec<Request>,
  response: MessageCodec<Response>,
): Method<Request, Response> {
  return { path, shape: "unary", request, response };
}

export function clientStream<Request, Response>(
  path: string,
  request: MessageCodec<Request>,
  response: MessageCodec<Response>,
): Method<Request, Response, "client stream"> {
  return { path, shape: "client stream", request, response };
}

export function serverStream<Request, Response>(
  path: string,
  request: MessageCodec<Request>,
  response: MessageCodec<Response>,
): Method<Request, Response, "server stream"> {
  return { path, shape: "server stream", request, response };
}
