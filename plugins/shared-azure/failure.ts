import type { IncomingHttpHeaders } from "node:http";

/** Which of Azure's services answered, or did not. */
export type AzureService = "token" | "resource manager";

/** What a service of Azure answered other than success; each plugin says it in its own words. */
export class AzureFailure extends Error {
  readonly service: AzureService;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  /** Azure's own word: `ResourceNotFound`, `invalid_client`, `AADSTS7000215`; or the errno. */
  readonly code: string;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    service: AzureService,
    message: string,
    told: Pick<AzureFailure, "code"> &
      Partial<Pick<AzureFailure, "status" | "requestId" | "retryAfterMs">> & {
        readonly cause?: unknown;
      },
  ) {
    super(message, told.cause === undefined ? undefined : { cause: told.cause });
    this.service = service;
    this.status = told.status;
    this.code = told.code;
    this.requestId = told.requestId;
    this.retryAfterMs = told.retryAfterMs;
  }

  override get name(): string {
    return "AzureFailure";
  }
}

/** Of an answer that is no success. */
export function failureOf(
  service: AzureService,
  status: number,
  headers: IncomingHttpHeaders,
  text: string,
): AzureFailure {
  const { code, message } = readError(text, status);
  return new AzureFailure(service, message, {
    code,
    status,
    requestId: textOf(headers["x-ms-request-id"]),
    retryAfterMs: retryAfterMsOf(headers),
  });
}

/** Of a request that got no answer. */
export function lostAnswer(service: AzureService, thrown: unknown): AzureFailure {
  if (thrown instanceof AzureFailure) return thrown;
  const { code, errors } = (thrown ?? {}) as { readonly code?: unknown; readonly errors?: unknown };
  // Several addresses were tried: the first failure speaks for all.
  if (Array.isArray(errors) && errors.length > 0) return lostAnswer(service, errors[0]);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AzureFailure(service, oneLine(message), {
    code: typeof code === "string" ? code : "UNKNOWN",
    cause: thrown,
  });
}

/** Seconds or a number of milliseconds in headers of Azure's own; the form with a date is left out. */
export function retryAfterMsOf(headers: IncomingHttpHeaders): number | undefined {
  for (const name of ["retry-after-ms", "x-ms-retry-after-ms"]) {
    const text = textOf(headers[name]);
    if (text !== undefined && /^\d{1,9}$/.test(text)) return Number(text);
  }
  const text = textOf(headers["retry-after"]);
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : undefined;
}

function readError(text: string, status: number): { code: string; message: string } {
  const fallback = { code: `HTTP ${status}`, message: oneLine(text) };
  const found = asRecord(parsed(text));
  const { error, error_description: description } = found;
  // Entra says {"error": "invalid_client", "error_description": "AADSTS7000215: …"}.
  if (typeof error === "string") {
    const message = typeof description === "string" ? description : error;
    return { code: /\bAADSTS\d+/.exec(message)?.[0] ?? error, message: firstLine(message) };
  }
  // Resource Manager says {"error": {"code": …, "message": …}}, and seldom without the outer one.
  const { code, message } = asRecord(error ?? found);
  return {
    code: typeof code === "string" && code !== "" ? code : fallback.code,
    message: typeof message === "string" ? oneLine(message) : fallback.message,
  };
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

const textOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

const firstLine = (text: string): string => oneLine(text.split(/[\r\n]/)[0] ?? "");

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
