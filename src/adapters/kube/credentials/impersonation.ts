import { ArkError } from "../../../lib/errors.ts";
import type { Impersonation } from "./kubeconfig-entries.ts";

export type HeaderLines = Readonly<Record<string, string | string[]>>;

/**
 * Headers that make the API server act as somebody else. Groups, uid and extra need a user: the
 * API server would refuse them alone, and so does kubectl.
 */
export function impersonationHeaders(impersonate: Impersonation): HeaderLines {
  const { user, uid, groups = [], extra = {} } = impersonate;
  const extras = Object.entries(extra).filter(([, values]) => values.length > 0);
  if (!user) {
    if (!uid && groups.length === 0 && extras.length === 0) return {};
    throw new ArkError("ARK_KUBECONFIG_INVALID", "a group or uid is impersonated without a user", {
      advice: "name the user to act as as well (`as` in the kubeconfig, or --as)",
    });
  }
  const headers: Record<string, string | string[]> = { "impersonate-user": wireText(user) };
  if (uid) headers["impersonate-uid"] = wireText(uid);
  if (groups.length > 0) headers["impersonate-group"] = groups.map(wireText);
  for (const [key, values] of extras) {
    headers[`impersonate-extra-${headerKey(key)}`] = values.map(wireText);
  }
  return headers;
}

/** What is typed replaces what the kubeconfig says, as a whole. */
export function chooseImpersonation(
  typed: Impersonation | undefined,
  configured: Impersonation,
): Impersonation {
  return typed !== undefined && hasAny(typed) ? typed : configured;
}

function hasAny({ user, uid, groups = [], extra = {} }: Impersonation): boolean {
  return !!user || !!uid || groups.length > 0 || Object.keys(extra).length > 0;
}

/** UTF-8 bytes, one per character: header values are written as Latin-1. */
function wireText(value: string): string {
  if (/[\0\r\n]/.test(value)) {
    throw new ArkError("ARK_KUBECONFIG_INVALID", "an impersonated name holds a line break", {
      advice: "correct `as`, `as-groups`, `as-uid` and `as-user-extra`",
    });
  }
  return Buffer.from(value, "utf8").toString("latin1");
}

/** Percent-encodes what a header name may not hold, as client-go does and the API server undoes. */
function headerKey(key: string): string {
  return Buffer.from(key.toLowerCase(), "utf8")
    .toString("latin1")
    .replaceAll(/[^0-9a-z!#$&'*+\-.^_`|~]/g, (character) => {
      return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
    });
}
