/** Who asks, and what they may do. */

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface AccessQuestion {
  readonly user: User;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** True when allowed. Asked for each request, and by the access reviews. */
export type Authoriser = (question: AccessQuestion) => boolean;

export interface Credentials {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Undefined answers 401. */
export type Authenticator = (credentials: Credentials) => User | undefined;

export const administrator: User = { name: "kubernetes-admin", groups: ["system:masters"] };

/** Verb of a request for objects, as RBAC names it. */
export function verbOf(method: string, name: string, query: URLSearchParams): string {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === "" ? "deletecollection" : "delete";
    default:
      if (["1", "true"].includes(query.get("watch") ?? "")) return "watch";
      return name === "" ? "list" : "get";
  }
}

/** The user after `Impersonate-User` and `Impersonate-Group`. */
export function impersonated(user: User, headers: Readonly<Record<string, string>>): User {
  const name = headers["impersonate-user"];
  if (name === undefined) return user;
  const groups = (headers["impersonate-group"] ?? "").split(",").map((group) => group.trim());
  return { name, groups: [...groups.filter((group) => group !== ""), "system:authenticated"] };
}
