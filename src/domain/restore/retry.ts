/** What an API server answered to a write that failed. */
export interface FailedWrite {
  readonly code: string;
  /** HTTP status; undefined when the failure was not the server's. */
  readonly status: number | undefined;
  readonly serverMessage: string;
}

/** Refusals of admission that end when something else has come to be. */
const waitsForOthers =
  /not found|no API token|status unknown for quota|being terminated|not yet ready|failed calling webhook/i;

/** Whether the same write may succeed later although the object stays as it is. */
export function mayPassLater(failure: FailedWrite): boolean {
  if (["ARK_KIND_NOT_SERVED", "ARK_API_SERVICE_NOT_READY"].includes(failure.code)) return true;
  const { status } = failure;
  if (status === undefined) return false;
  if (status >= 500 || [404, 408, 409, 429].includes(status)) return true;
  return status === 403 && waitsForOthers.test(failure.serverMessage);
}

const ending = ["ARK_API_UNREACHABLE", "ARK_API_UNAUTHORIZED", "ARK_NAME_LOST"];

/** No other object would fare better: the run ends here. */
export function endsTheRun(code: string): boolean {
  return ending.includes(code);
}
