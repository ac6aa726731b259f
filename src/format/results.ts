import type { Finding, VeleroResult } from "../api/results.ts";
import { compressMember, inflateFile } from "./gzip-member.ts";
import { createShape, parseJson } from "./json-shape.ts";

/** What `…-results.gz` holds. */
export interface Results {
  readonly warnings: VeleroResult;
  readonly errors: VeleroResult;
}

const maxResultsBytes = 64 * 1024 * 1024;
const maxMessages = 10_000_000;

/** `{"warnings":R,"errors":R}`, compressed; each finding becomes one string in Velero's form. */
export async function encodeResults(findings: readonly Finding[]): Promise<Buffer> {
  const text = `${JSON.stringify(toResults(findings))}\n`;
  return await compressMember(Buffer.from(text, "utf8"), 6);
}

export function toResults(findings: readonly Finding[]): Results {
  return {
    warnings: toVeleroResult(findings.filter((finding) => finding.severity === "warning")),
    errors: toVeleroResult(findings.filter((finding) => finding.severity === "error")),
  };
}

/** Findings without an object stand under `velero`, others under `cluster` or their namespace. */
function toVeleroResult(findings: readonly Finding[]): VeleroResult {
  const velero: string[] = [];
  const cluster: string[] = [];
  const namespaces = new Map<string, string[]>();
  for (const finding of findings) {
    const { namespace = "" } = finding;
    let group = finding.resource === undefined && namespace === "" ? velero : cluster;
    if (namespace !== "") {
      group = namespaces.get(namespace) ?? [];
      namespaces.set(namespace, group);
    }
    group.push(veleroMessage(finding));
  }
  return {
    ...(velero.length > 0 && { velero }),
    ...(cluster.length > 0 && { cluster }),
    ...(namespaces.size > 0 && { namespaces: Object.fromEntries(namespaces) }),
  };
}

/** ` resource: /R name: /N message: /M error: /E`; what is missing is left out. */
function veleroMessage(finding: Finding): string {
  const advice = finding.advice === undefined ? "" : ` (${finding.advice})`;
  const parts: readonly (readonly [string, string | undefined])[] = [
    ["resource", finding.resource],
    ["name", finding.name],
    ["message", `${finding.message}${advice}`],
    ["error", finding.severity === "error" ? finding.code : undefined],
  ];
  return parts
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => ` ${key}: /${value}`)
    .join("");
}

/** Ours or Velero's. Errors: ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT. */
export async function decodeResults(compressed: Uint8Array): Promise<Results> {
  const shape = createShape("ARK_BACKUP_FORMAT", "the results file");
  const json = await inflateFile(compressed, maxResultsBytes);
  const top = shape.record(parseJson(json, "ARK_BACKUP_FORMAT", "the results file"), "it");
  const messages = (value: unknown, where: string): string[] =>
    shape.list(value ?? [], where, maxMessages, (one, at) => shape.text(one, at, 1024 * 1024));
  const result = (value: unknown, where: string): VeleroResult => {
    const record = shape.record(value ?? {}, where);
    const velero = messages(record["velero"], `${where}.velero`);
    const cluster = messages(record["cluster"], `${where}.cluster`);
    const namespaces = Object.entries(
      shape.record(record["namespaces"] ?? {}, `${where}.namespaces`),
    ).map(([name, list]) => [name, messages(list, `${where}.namespaces.${name}`)] as const);
    return {
      ...(velero.length > 0 && { velero }),
      ...(cluster.length > 0 && { cluster }),
      ...(namespaces.length > 0 && { namespaces: Object.fromEntries(namespaces) }),
    };
  };
  return {
    warnings: result(top["warnings"], "warnings"),
    errors: result(top["errors"], "errors"),
  };
}
