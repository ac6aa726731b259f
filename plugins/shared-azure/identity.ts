import { ArkError, type PluginContext } from "../../src/plugin-sdk/object-store.ts";
import type { CredentialValues } from "./credentials.ts";

/** Who asks Entra for a token, and by what it is known. */
export type Identity =
  | {
      readonly kind: "secret";
      readonly tenant: string;
      readonly client: string;
      readonly secret: string;
    }
  | {
      readonly kind: "certificate";
      readonly tenant: string;
      readonly client: string;
      /** PEM of key and certificate, or the path of its file. */
      readonly certificate: { readonly text: string } | { readonly path: string };
      readonly password: string | undefined;
      readonly sendsChain: boolean;
    }
  | {
      readonly kind: "workload";
      readonly tenant: string;
      readonly client: string;
      /** Read for each token: the cluster replaces it. */
      readonly tokenFile: string;
    }
  | { readonly kind: "managed"; readonly client: string | undefined };

/**
 * As Velero chooses: a secret, a certificate, the pod's own token (workload identity), else the
 * identity of the machine. Errors: ARK_CONFIG_INVALID where one lacks what belongs to it.
 */
export function chooseIdentity(
  { values, source }: CredentialValues,
  env: PluginContext["env"],
): Identity {
  const text = (key: string): string | undefined => values[key];
  const needed = (key: string, value: string | undefined): string => value ?? missing(key, source);
  const principal = () => ({
    tenant: needed("AZURE_TENANT_ID", text("AZURE_TENANT_ID")),
    client: needed("AZURE_CLIENT_ID", text("AZURE_CLIENT_ID")),
  });
  const secret = text("AZURE_CLIENT_SECRET");
  if (secret !== undefined) return { kind: "secret", ...principal(), secret };
  const pem = text("AZURE_CLIENT_CERTIFICATE");
  const path = text("AZURE_CLIENT_CERTIFICATE_PATH");
  if (pem !== undefined || path !== undefined) {
    return {
      kind: "certificate",
      ...principal(),
      certificate: pem === undefined ? { path: path ?? "" } : { text: pem },
      password: text("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
      sendsChain: /^(?:1|t|true)$/i.test(text("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN") ?? ""),
    };
  }
  // The cluster's webhook writes these into the environment, not into the file.
  const pick = (key: string) => env[key] || text(key);
  const tokenFile = pick("AZURE_FEDERATED_TOKEN_FILE");
  if (tokenFile !== undefined) {
    return {
      kind: "workload",
      tenant: needed("AZURE_TENANT_ID", pick("AZURE_TENANT_ID")),
      client: needed("AZURE_CLIENT_ID", pick("AZURE_CLIENT_ID")),
      tokenFile,
    };
  }
  return { kind: "managed", client: text("AZURE_CLIENT_ID") };
}

function missing(key: string, source: string): never {
  throw new ArkError("ARK_CONFIG_INVALID", `${source} has no ${key}`, {
    advice: "give tenant, client and secret (or certificate) together",
  });
}

/** For people; never a secret. */
export function describeIdentity(identity: Identity): string {
  switch (identity.kind) {
    case "secret":
      return `application ${identity.client} by its secret`;
    case "certificate":
      return `application ${identity.client} by its certificate`;
    case "workload":
      return `workload identity ${identity.client}`;
    case "managed":
      return `managed identity${identity.client === undefined ? "" : ` ${identity.client}`}`;
  }
}
