/** Kubeconfig files with everything inside, so that they can be copied. */
import { writeFileSync } from "node:fs";
import type { KeyPair } from "./certificates.ts";

export type Identity =
  | { readonly kind: "certificate"; readonly pair: KeyPair }
  | { readonly kind: "token"; readonly token: string };

export interface KubeconfigParts {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly user: string;
  readonly identity: Identity;
  /** Default `ark-tb`. */
  readonly context?: string;
}

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** YAML in the form that `kubectl config view` prints. */
export function renderKubeconfig(parts: KubeconfigParts): string {
  const { server, ca, identity } = parts;
  const context = JSON.stringify(parts.context ?? "ark-tb");
  const user = JSON.stringify(parts.user);
  const credentials =
    identity.kind === "token"
      ? [`    token: ${JSON.stringify(identity.token)}`]
      : [
          `    client-certificate-data: ${base64(identity.pair.cert)}`,
          `    client-key-data: ${base64(identity.pair.key)}`,
        ];
  return [
    "apiVersion: v1",
    "kind: Config",
    `current-context: ${context}`,
    "clusters:",
    `- name: ${context}`,
    "  cluster:",
    `    server: ${server}`,
    `    certificate-authority-data: ${base64(ca)}`,
    "users:",
    `- name: ${user}`,
    "  user:",
    ...credentials,
    "contexts:",
    `- name: ${context}`,
    "  context:",
    `    cluster: ${context}`,
    `    user: ${user}`,
    "",
  ].join("\n");
}

export function writeKubeconfig(file: string, parts: KubeconfigParts): string {
  writeFileSync(file, renderKubeconfig(parts), { mode: 0o600 });
  return file;
}
