import { endsTheRun } from "../../domain/restore/retry.ts";
import { isReadyEndpoint, webhooksOf } from "../../domain/restore/webhook-configurations.ts";
import { toArkError } from "../../lib/errors.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import type { ShapedObject } from "./assess-item.ts";
import { readObject } from "./read-object.ts";

/**
 * After a webhook configuration was written: names each webhook that fails closed and whose Service
 * has no ready endpoint. What may not be looked at is not named.
 */
export async function attendWebhooks(
  run: RestoreRun,
  { resource, target, item }: Pick<ShapedObject, "resource" | "target" | "item">,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, service, failsClosed } of webhooksOf(resource, item.desired)) {
    if (!failsClosed || service === undefined) continue;
    const problem = await problemOf(run, service, signal);
    if (problem === undefined) continue;
    run.log.find({
      severity: "warning",
      code: "ARK_WEBHOOK_UNANSWERED",
      message: `webhook ${name} of ${describeTarget(target)} fails closed and its Service ${service} ${problem}: the API server refuses what it matches until one is ready; nothing of this restore was, for webhooks come last`,
      resource,
      namespace: target.namespace,
      name: target.name,
      advice: `if it lasts, see what its pods wait for, or delete the configuration: kubectl delete ${resource} ${target.name}`,
    });
  }
}

/** Undefined: an endpoint is ready, or nothing is known. */
async function problemOf(
  { ports, target, log }: RestoreRun,
  place: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [namespace = "", name = ""] = place.split("/");
  const services = target.find("services", "v1");
  const slices = target.find("endpointslices.discovery.k8s.io", "discovery.k8s.io/v1");
  if (services === undefined || slices === undefined) return undefined;
  try {
    const raw = await ports.cluster.get({ kind: services, namespace, name }, { signal });
    if (raw === undefined) return "does not exist";
    const service = readObject(raw.bytes, `Service "${place}" of the cluster`);
    if (textAt(service, ["spec", "type"]) === "ExternalName") return undefined;
    const labelSelector = `kubernetes.io/service-name=${name}`;
    const scope = { kind: slices, namespace, labelSelector, limit: 100 };
    let isReady = false;
    const page = await ports.cluster.list(scope, { signal });
    for await (const batch of page.items) {
      for (const one of batch) {
        const slice = readObject(one.bytes, `EndpointSlice "${one.name}" of the cluster`);
        isReady ||= arrayAt(slice, ["endpoints"]).some(isReadyEndpoint);
      }
    }
    return isReady ? undefined : "has no ready endpoint";
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message } = toArkError(thrown);
    if (endsTheRun(code)) throw thrown;
    log.write("info", "the Service of a webhook could not be looked at", { place, error: message });
    return undefined;
  }
}
