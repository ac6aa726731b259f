/** How an object stood when a restore had written it, and how it stands now. */
export interface FormThen {
  readonly sha256: string;
  readonly generation?: number;
}

/**
 * Whether others have changed an object since it was written. Where the API server counts
 * generations, only what counts there is a change: controllers write annotations of their own.
 */
export function isChangedSince(then: FormThen | undefined, now: FormThen): boolean {
  if (then === undefined) return true;
  if (then.sha256 === now.sha256) return false;
  return then.generation === undefined || then.generation !== now.generation;
}
