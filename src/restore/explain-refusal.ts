import type { IndexLine } from "../format/index-line.ts";
import { ApiError } from "../ports/cluster.ts";
import type { RestoreRun } from "./restore-run.ts";

/** Adds to a refusal what its reader needs and the API server does not say. Never throws but for an abort. */
export async function explainRefusal(
  thrown: unknown,
  run: RestoreRun,
  line: IndexLine,
  signal: AbortSignal,
): Promise<unknown> {
  if (line.resource !== "services" || !(thrown instanceof ApiError)) return thrown;
  const taken = /(\d+): provided port is already allocated/.exec(thrown.api.serverMessage)?.[1];
  if (taken === undefined) return thrown;
  const holder = await run.portHolders.find(Number(taken), signal);
  const { code, message, api, tried, answer, cause } = thrown;
  const held = holder === undefined ? "" : `; it is held by Service "${holder}"`;
  return new ApiError(
    code,
    `${message}${held}`,
    { ...api, serverMessage: `${api.serverMessage}${held}` },
    {
      ...(tried === undefined ? {} : { tried }),
      ...(answer === undefined ? {} : { answer }),
      advice: portAdvice(run, line, { port: taken, holder }),
      cause,
    },
  );
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
