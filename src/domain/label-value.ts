import { hash } from "node:crypto";

const maxLabelValue = 63;
const hashDigits = 6;

/** As Velero: a value that is too long ends in the first digits of its SHA-256. */
export function labelValue(text: string): string {
  if (text.length <= maxLabelValue) return text;
  const digest = hash("sha256", text, "hex").slice(0, hashDigits);
  return text.slice(0, maxLabelValue - hashDigits) + digest;
}
