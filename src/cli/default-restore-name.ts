import { createHash } from "node:crypto";

/** So that `restore-NAME-resource-list.json.gz` is a file name that a directory can hold. */
const maxLength = 220;
const hashDigits = 6;

/** `BACKUP-STAMP`; a backup's name that leaves too little room is shortened, with digits of its hash. */
export function defaultRestoreName(backupName: string, stamp: string): string {
  const whole = `${backupName}-${stamp}`;
  if (whole.length <= maxLength) return whole;
  const digest = createHash("sha256").update(backupName).digest("hex").slice(0, hashDigits);
  const room = maxLength - digest.length - stamp.length - 2;
  return `${backupName.slice(0, room).replace(/[-.]+$/, "")}-${digest}-${stamp}`;
}
