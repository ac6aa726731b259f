/** The certificates and keys of a control plane. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CertificateRequest,
  createAuthority,
  createSigningKey,
  issueCertificate,
  type KeyPair,
} from "./certificates.ts";
import type { ControlPlaneNetwork } from "./control-plane-network.ts";

const toRequests = (
  network: ControlPlaneNetwork,
): Readonly<Record<string, CertificateRequest>> => ({
  apiserver: {
    commonName: "kube-apiserver",
    usage: "server",
    dnsNames: [
      "localhost",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
    ],
    ipAddresses: [...new Set(["127.0.0.1", network.address, network.serviceAddress])],
  },
  "apiserver-kubelet-client": {
    commonName: "apiserver-kubelet-client",
    organizations: ["system:masters"],
    usage: "client",
  },
  "front-proxy-client": { commonName: "front-proxy-client", usage: "client" },
  admin: { commonName: "admin", organizations: ["system:masters"], usage: "client" },
  "controller-manager": { commonName: "system:kube-controller-manager", usage: "client" },
  scheduler: { commonName: "system:kube-scheduler", usage: "client" },
});

export interface Pki {
  readonly authority: KeyPair;
  readonly admin: KeyPair;
  readonly controllerManager: KeyPair;
  readonly scheduler: KeyPair;
}

/** Makes every certificate and key of a control plane in `folder`. */
export function writePki(folder: string, network: ControlPlaneNetwork): Pki {
  const put = (name: string, text: string) =>
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  const putPair = (name: string, pair: KeyPair): KeyPair => {
    put(`${name}.crt`, pair.cert);
    put(`${name}.key`, pair.key);
    return pair;
  };
  const authority = putPair("ca", createAuthority("ark-tb-ca"));
  const pairs = new Map<string, KeyPair>();
  for (const [name, request] of Object.entries(toRequests(network))) {
    pairs.set(name, putPair(name, issueCertificate(authority, request)));
  }
  const signing = createSigningKey();
  put("sa.key", signing.privateKey);
  put("sa.pub", signing.publicKey);
  const pair = (name: string): KeyPair => pairs.get(name) as KeyPair;
  return {
    authority,
    admin: pair("admin"),
    controllerManager: pair("controller-manager"),
    scheduler: pair("scheduler"),
  };
}
