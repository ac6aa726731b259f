/** Which names the API server accepts. */
import { type ApiStatus, invalid, invalidSubject } from "./api-status.ts";
import type { ServedKind } from "./kinds.ts";

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const labelName = new RegExp(`^${label}$`);
const subdomainName = new RegExp(`^${label}(\\.${label})*$`);

/** RBAC names are path segments: capitals and colons are fine. */
function isPathSegment(name: string): boolean {
  return name !== "." && name !== ".." && !/[/%]/.test(name);
}

function nameProblem(kind: ServedKind, name: string): string | undefined {
  if (kind.group === "rbac.authorization.k8s.io") {
    return isPathSegment(name) ? undefined : `may not be '.' or '..' or contain '/' or '%'`;
  }
  const short = kind.group === "" && ["namespaces", "services"].includes(kind.resource);
  if (short) {
    const good = name.length <= 63 && labelName.test(name);
    return good ? undefined : "a lowercase RFC 1123 label is needed";
  }
  const good = name.length <= 253 && subdomainName.test(name);
  return good ? undefined : "a lowercase RFC 1123 subdomain is needed";
}

/** Throws the 422 of a name that is missing or not allowed. */
export function checkName(kind: ServedKind, name: string): void {
  const problem = name === "" ? missing(kind) : malformed(kind, name);
  if (problem !== undefined) throw problem;
}

function missing(kind: ServedKind): ApiStatus {
  const message = "Required value: name or generateName is required";
  const cause = { reason: "FieldValueRequired", message, field: "metadata.name" };
  return invalid(invalidSubject(kind, ""), [cause]);
}

function malformed(kind: ServedKind, name: string): ApiStatus | undefined {
  const problem = nameProblem(kind, name);
  if (problem === undefined) return undefined;
  const message = `Invalid value: ${JSON.stringify(name)}: ${problem}`;
  const cause = { reason: "FieldValueInvalid", message, field: "metadata.name" };
  return invalid(invalidSubject(kind, name), [cause]);
}

const suffixLetters = "bcdfghjklmnpqrstvwxz2456789";

/** Five letters without vowels, as behind a generateName. */
export function nameSuffix(random: () => number): string {
  const letter = () => suffixLetters[Math.floor(random() * suffixLetters.length)] ?? "x";
  return Array.from({ length: 5 }, letter).join("");
}
