import type { BackupEntry } from "../../catalog/opened-backup.ts";
import { adviceToRecreate, saysFixed } from "../../domain/restore/fixed-fields.ts";
import { restoreOptions } from "../../domain/restore/restore-options.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { ApiError } from "../../ports/cluster.ts";
import type { RestoreRun } from "../restore-run.ts";
import { addClause } from "./add-clause.ts";
import { explainDoubled } from "./explain-doubled.ts";

/** Adds to a refusal what its reader needs and the API server does not say. Never throws but for an abort. */
export async function explainRefusal(
  thrown: unknown,
  run: RestoreRun,
  entry: BackupEntry,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(thrown instanceof ApiError)) return thrown;
  const story =
    (await explainPort(thrown, run, entry.line, signal)) ??
    (await explainDoubled(thrown, run, entry, signal)) ??
    explainFixed(thrown, run, entry.line);
  if (story === undefined) return thrown;
  return addClause(thrown, story.clause, story.advice);
}

/** Of an update that another policy could do. */
function explainFixed(
  { api }: ApiError,
  { request }: RestoreRun,
  { resource, namespace, name }: IndexLine,
) {
  if (restoreOptions(request).policy !== "update" || api.status !== 422) return undefined;
  if (!saysFixed(api.serverMessage)) return undefined;
  const place = namespace === undefined ? name : `${namespace}/${name}`;
  const isAlone = request.needsItsObjectsOnly === true;
  return { clause: "", advice: adviceToRecreate(resource, `${resource}/${place}`, isAlone) };
}

async function explainPort(
  thrown: ApiError,
  run: RestoreRun,
  line: IndexLine,
  signal: AbortSignal,
) {
  if (line.resource !== "services") return undefined;
  const taken = /(\d+): provided port is already allocated/.exec(thrown.api.serverMessage)?.[1];
  if (taken === undefined) return undefined;
  const holder = await run.portHolders.find(Number(taken), signal);
  return {
    clause: holder === undefined ? "" : `; it is held by Service "${holder}"`,
    advice: portAdvice(run, line, { port: taken, holder }),
  };
}

function portAdvice(
  { backup, request }: RestoreRun,
  line: IndexLine,
  { port, holder }: { readonly port: string; readonly holder: string | undefined },
): string {
  const free =
    holder === undefined
      ? `free node port ${port} and restore again`
      : `free node port ${port} at Service "${holder}" and restore again`;
  const place = `services/${line.namespace ?? ""}/${line.name}`;
  return request.spec.preserveNodePorts === true
    ? `${free}; or leave out --preserve-nodeports: then only ports that a person chose are kept`
    : `${free}; or create it with a port of the cluster's choice: ark-ts backup cat ${backup.name} ${place}, without its nodePort`;
}
