/** The API server's own record of what pods have written: who, what, and when it arrived. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Contract: audit.k8s.io/v1, as much of an Event as is used here. */
export interface AuditEvent {
  readonly verb: string;
  /** The first is the pod's own address. */
  readonly sourceIPs?: readonly string[];
  readonly user: {
    readonly username: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly objectRef?: {
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  /** Of Leases only. */
  readonly requestObject?: unknown;
  /** RFC 3339, microseconds. */
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly requestURI: string;
}

const auditFile = (folder: string): string => join(folder, "audit.log");

/** Writes by service accounts, those of Kubernetes' own controllers excepted; of Leases the content too. */
const policy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  omitManagedFields: true,
  rules: [
    { level: "None", userGroups: ["system:serviceaccounts:kube-system"] },
    { level: "None", verbs: ["get", "list", "watch"] },
    {
      level: "Request",
      userGroups: ["system:serviceaccounts"],
      resources: [{ group: "coordination.k8s.io", resources: ["leases"] }],
    },
    { level: "Metadata", userGroups: ["system:serviceaccounts"] },
    { level: "None" },
  ],
};

/** Answers the API server's flags for it. */
export function writeAuditPolicy(folder: string): readonly string[] {
  const file = join(folder, "audit-policy.json");
  writeFileSync(file, JSON.stringify(policy), { mode: 0o600 });
  return [
    `--audit-policy-file=${file}`,
    `--audit-log-path=${auditFile(folder)}`,
    // Written before the request is answered; one file, of megabytes.
    "--audit-log-mode=blocking",
    "--audit-log-maxsize=4096",
  ];
}

/** What a node's API server has recorded since it began, in the order of the ends of requests. */
export function readAudit(folder: string): readonly AuditEvent[] {
  const lines = readFileSync(auditFile(folder), "utf8").split("\n");
  // The last line is empty, or on its way.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as AuditEvent);
}
