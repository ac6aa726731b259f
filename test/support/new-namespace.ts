/** Namespaces and rights that are so when the call returns: controllers and caches follow later. */
import { waitFor } from "../testbed/wait.ts";
import type { KubeClient } from "./kube-client.ts";

const patience = { timeoutMs: 240_000 };
const namespaces = "/api/v1/namespaces";

/** Until the namespace has what controllers put into each: counted by backups, needed by pods. */
export async function untilFurnished(client: KubeClient, namespace: string): Promise<void> {
  for (const one of ["serviceaccounts/default", "configmaps/kube-root-ca.crt"]) {
    const path = `${namespaces}/${namespace}/${one}`;
    await waitFor(path, async () => (await client.get(path)) !== undefined, patience);
  }
}

export async function createNamespace(client: KubeClient, name: string): Promise<void> {
  await client.demand("POST", namespaces, JSON.stringify({ metadata: { name } }));
  await untilFurnished(client, name);
}

export interface Right {
  readonly namespace: string;
  readonly verb: string;
  readonly resource: string;
}

/** Until the API server's authorizer knows the bindings that give `user` the right. */
export async function untilAllowed(client: KubeClient, user: string, right: Right): Promise<void> {
  const body = JSON.stringify({
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { user, resourceAttributes: right },
  });
  const isAllowed = async (): Promise<boolean> => {
    const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    const { status } = JSON.parse((await client.demand("POST", path, body)).toString());
    return status.allowed === true;
  };
  await waitFor(`${user} to be allowed to ${right.verb} ${right.resource}`, isAllowed, patience);
}
