/** A real admission webhook over TLS, for API servers on this machine. No code of the product is in it. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createAuthority, issueCertificate } from "../testbed/certificates.ts";
import { waitFor } from "../testbed/wait.ts";
import type { KubeClient } from "./kube-client.ts";

export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly resource: {
    readonly group: string;
    readonly version: string;
    readonly resource: string;
  };
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly dryRun?: boolean;
  readonly object: Readonly<Record<string, unknown>> | null;
  readonly oldObject: Readonly<Record<string, unknown>> | null;
}

/** What a webhook says; nothing at all means: allowed as it is. */
export interface AdmissionAnswer {
  readonly allowed?: boolean;
  /** For the person who is refused; the API server quotes it. */
  readonly message?: string;
  /** HTTP status of a refusal; default 403. */
  readonly code?: number;
  /** JSON patch (RFC 6902). */
  readonly patch?: readonly {
    readonly op: string;
    readonly path: string;
    readonly value?: unknown;
  }[];
}

export interface WebhookServer {
  /** Requests that came, in order. */
  readonly seen: readonly AdmissionRequest[];
  /** Changes what is answered from now on. */
  answer: (request: AdmissionRequest) => AdmissionAnswer | undefined;
  /** For `webhooks[].clientConfig`. */
  readonly clientConfig: { readonly url: string; readonly caBundle: string };
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 with a certificate of its own. */
export async function startWebhookServer(
  answer: WebhookServer["answer"] = () => undefined,
): Promise<WebhookServer> {
  const authority = createAuthority("webhook test authority");
  const { cert, key } = issueCertificate(authority, {
    commonName: "webhook.test",
    usage: "server",
    ipAddresses: ["127.0.0.1"],
  });
  const seen: AdmissionRequest[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const review = JSON.parse(Buffer.concat(chunks).toString()) as { request: AdmissionRequest };
      seen.push(review.request);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(reviewAnswer(review.request, webhook.answer(review.request))));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const webhook: WebhookServer = {
    seen,
    answer,
    clientConfig: {
      url: `https://127.0.0.1:${port}/review`,
      caBundle: Buffer.from(authority.cert).toString("base64"),
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return webhook;
}

function reviewAnswer({ uid }: AdmissionRequest, given: AdmissionAnswer = {}): object {
  const { allowed = true, message, code = 403, patch } = given;
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: {
      uid,
      allowed,
      ...(message === undefined ? {} : { status: { code, message } }),
      ...(patch === undefined
        ? {}
        : {
            patchType: "JSONPatch",
            patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
          }),
    },
  };
}

export interface WebhookRegistration {
  /** Of the configuration, cluster-wide: take a name of your own. */
  readonly name: string;
  readonly kind: "Mutating" | "Validating";
  /** The webhook is asked about objects of this namespace only: others test at the same time. */
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly operations?: readonly string[];
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly sideEffects?: "None" | "NoneOnDryRun";
  readonly timeoutSeconds?: number;
}

/** Path of a webhook configuration on the API server. */
export function webhookPath(kind: WebhookRegistration["kind"], name = ""): string {
  const plural = `${kind.toLowerCase()}webhookconfigurations`;
  return `/apis/admissionregistration.k8s.io/v1/${plural}${name === "" ? "" : `/${name}`}`;
}

/**
 * Has the API server ask the webhook, and waits until it does: `provoke` sends a write that the
 * webhook is asked about, as often as needed (a dry run will do). Answers what takes it back.
 */
export async function registerWebhook(
  client: KubeClient,
  { clientConfig, seen }: Pick<WebhookServer, "clientConfig" | "seen">,
  registration: WebhookRegistration,
  provoke: () => Promise<unknown>,
): Promise<() => Promise<void>> {
  const { name, kind, namespace, resources } = registration;
  const configuration = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name },
    webhooks: [
      {
        name: `${name}.webhook.test`,
        admissionReviewVersions: ["v1"],
        sideEffects: registration.sideEffects ?? "None",
        failurePolicy: registration.failurePolicy ?? "Fail",
        timeoutSeconds: registration.timeoutSeconds ?? 5,
        clientConfig,
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        rules: [
          {
            apiGroups: registration.apiGroups ?? [""],
            apiVersions: ["*"],
            operations: registration.operations ?? ["CREATE", "UPDATE"],
            resources,
          },
        ],
      },
    ],
  };
  await client.demand("POST", webhookPath(kind), JSON.stringify(configuration));
  const before = seen.length;
  const isAsked = async (): Promise<boolean> => {
    await provoke();
    return seen.length > before;
  };
  await waitFor(`webhook ${name} to be asked`, isAsked, { timeoutMs: 240_000 });
  return async () => {
    await client.demand("DELETE", webhookPath(kind, name));
  };
}
