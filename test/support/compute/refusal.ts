/**
 * How the Compute Engine API refuses:
 * https://cloud.google.com/compute/docs/api/how-tos/api-requests-responses and
 * https://cloud.google.com/compute/operations-quota (the form of rateLimitExceeded).
 */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;
  /** Of the header `retry-after`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  body(): object {
    const { status: code, reason, message } = this;
    const domain = reason === "rateLimitExceeded" ? "usageLimits" : "global";
    return { error: { code, message, errors: [{ message, domain, reason }] } };
  }
}

export const invalid = (field: string, value: unknown, why: string): Refusal =>
  new Refusal(
    400,
    "invalid",
    `Invalid value for field 'resource.${field}': '${String(value)}'. ${why}`,
  );
export const notFound = (resource: string): Refusal =>
  new Refusal(404, "notFound", `The resource '${resource}' was not found`);
export const alreadyExists = (resource: string): Refusal =>
  new Refusal(409, "alreadyExists", `The resource '${resource}' already exists`);
export const notReady = (resource: string): Refusal =>
  new Refusal(400, "resourceNotReady", `The resource '${resource}' is not ready`);
export const rateLimit = (): Refusal =>
  new Refusal(403, "rateLimitExceeded", "Rate Limit Exceeded");
export const missingRight = (right: string, resource: string): Refusal =>
  new Refusal(403, "forbidden", `Required '${right}' permission for '${resource}'`);
