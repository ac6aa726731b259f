import { ArkError, type ErrorCode } from "../../src/plugin-sdk/object-store.ts";

/** What was being done when the file system answered. */
export interface Attempt {
  /** The verb: `write`, `read`, `list`. */
  readonly verb: string;
  readonly key: string;
  readonly root: string;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly advice?: string;
  readonly retry?: true;
}

const notOneName =
  "a folder cannot hold an object and objects below its name; use another name, or a bucket";

/** What each errno means here; those not listed are ARK_STORE_FAILED. */
const meanings: Readonly<Record<string, Meaning>> = {
  ENOSPC: { code: "ARK_STORE_FULL", advice: "free space on this file system" },
  EDQUOT: { code: "ARK_STORE_FULL", advice: "your disk quota is used up; free space or raise it" },
  EFBIG: {
    code: "ARK_STORE_FULL",
    advice: "the file system or a limit of the shell (ulimit -f) allows no file this large",
  },
  EROFS: { code: "ARK_STORE_READ_ONLY", advice: "mount it writable, or choose another location" },
  EACCES: {
    code: "ARK_STORE_DENIED",
    advice: "give this user read and write access to the folder",
  },
  EPERM: { code: "ARK_STORE_DENIED", advice: "give this user read and write access to the folder" },
  ELOOP: { code: "ARK_STORE_DENIED", advice: "symbolic links inside a location are not followed" },
  ENOENT: {
    code: "ARK_STORE_BUCKET_MISSING",
    advice: "no folder can be made there; choose another place for this location",
  },
  ENOTDIR: { code: "ARK_STORE_UNSUPPORTED", advice: notOneName },
  EISDIR: { code: "ARK_STORE_UNSUPPORTED", advice: notOneName },
  ENOTEMPTY: { code: "ARK_STORE_UNSUPPORTED", advice: notOneName },
  ENAMETOOLONG: {
    code: "ARK_STORE_UNSUPPORTED",
    advice: "file systems take names of 255 bytes; use a shorter name, or a bucket",
  },
  ENOTSUP: {
    code: "ARK_STORE_UNSUPPORTED",
    advice: "this file system has no hard links; use another one, or a bucket",
  },
  EMLINK: {
    code: "ARK_STORE_UNSUPPORTED",
    advice: "this file system has no hard links; use another one, or a bucket",
  },
  EMFILE: { code: "ARK_STORE_FAILED", retry: true },
  ENFILE: { code: "ARK_STORE_FAILED", retry: true },
  EAGAIN: { code: "ARK_STORE_FAILED", retry: true },
  EBUSY: { code: "ARK_STORE_FAILED", retry: true },
  ESTALE: { code: "ARK_STORE_FAILED", retry: true },
  ETIMEDOUT: { code: "ARK_STORE_UNREACHABLE", retry: true },
};

/** ArkErrors and reasons of signals pass unchanged. */
export function toStoreError(thrown: unknown, attempt: Attempt): unknown {
  const errno = errnoOf(thrown);
  if (errno === undefined || thrown instanceof ArkError) return thrown;
  const meaning = meanings[errno] ?? { code: "ARK_STORE_FAILED" as const };
  const what = attempt.key === "" ? "" : ` ${JSON.stringify(attempt.key)} in`;
  return new ArkError(
    meaning.code,
    `cannot ${attempt.verb}${what} directory ${JSON.stringify(attempt.root)}`,
    {
      tried: `${attempt.verb} ${attempt.key}`.trim(),
      answer: thrown instanceof Error ? thrown.message : errno,
      ...(meaning.advice === undefined ? {} : { advice: meaning.advice }),
      disposition: meaning.retry ? "retry" : "stall",
      cause: thrown,
    },
  );
}

/** The code of a file-system error, `ENOENT` for one; undefined for anything else. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown) || !("syscall" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

export function isAbsent(thrown: unknown): boolean {
  const errno = errnoOf(thrown);
  return errno === "ENOENT" || errno === "ENOTDIR";
}

export function notFound(key: string, root: string): ArkError {
  return new ArkError(
    "ARK_STORE_NOT_FOUND",
    `there is no object ${JSON.stringify(key)} in directory ${JSON.stringify(root)}`,
  );
}

export function uploadGone(key: string, root: string): ArkError {
  return new ArkError(
    "ARK_STORE_NOT_FOUND",
    `the upload of ${JSON.stringify(key)} to directory ${JSON.stringify(root)} is gone`,
    { advice: "it was aborted, or removed after a week without a write; start it again" },
  );
}
