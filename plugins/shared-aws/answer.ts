/** What the SDK's errors have, read without trust. */
export interface Answer {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** Of the socket or of TLS: `ECONNREFUSED`. */
  readonly errno: string | undefined;
  readonly clockCorrected: boolean;
  readonly retryAfterMs: number | undefined;
}

export function readAnswer(thrown: unknown): Answer {
  if (!(thrown instanceof Error)) return { ...noAnswer, message: String(thrown) };
  const { $metadata, $response, code, errors } = thrown as {
    readonly $metadata?: Record<string, unknown>;
    readonly $response?: { readonly headers?: Readonly<Record<string, unknown>> };
    readonly code?: unknown;
    readonly errors?: unknown;
  };
  // Several addresses were tried: the first failure speaks for all.
  if (Array.isArray(errors) && errors[0] instanceof Error) return readAnswer(errors[0]);
  const status = $metadata?.["httpStatusCode"];
  const requestId = $metadata?.["requestId"];
  return {
    name: thrown.name,
    message: thrown.message === "" ? thrown.name : oneLine(thrown.message),
    status: typeof status === "number" ? status : undefined,
    requestId: typeof requestId === "string" ? requestId : undefined,
    errno: typeof code === "string" ? code : undefined,
    clockCorrected: $metadata?.["clockSkewCorrected"] === true,
    retryAfterMs: secondsToMs($response?.headers?.["retry-after"]),
  };
}

const noAnswer: Answer = {
  name: "UnknownError",
  message: "",
  status: undefined,
  requestId: undefined,
  errno: undefined,
  clockCorrected: false,
  retryAfterMs: undefined,
};

/** Stores write seconds; the form with a date is left out. */
function secondsToMs(header: unknown): number | undefined {
  return typeof header === "string" && /^\d{1,6}$/.test(header)
    ? Number(header) * 1_000
    : undefined;
}

function oneLine(message: string): string {
  const line = message.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
