import type { FlagSpec } from "../flag-spec.ts";

const heading = "Downloads that the server hands out itself:";

/** Of `ark-ts server`; Velero has none of them. */
export const downloadEndpointFlags: readonly FlagSpec[] = [
  {
    name: "download-address",
    kind: "text",
    placeholder: "HOST:PORT",
    help: "where files are served by HTTPS, to whoever has a signed URL; none: nowhere (default: :8443 with --public-url, else none)",
    heading,
  },
  {
    name: "public-url",
    kind: "text",
    placeholder: "URL",
    help: "what URLs of the server's own begin with, for stores that sign none: https://ark.example.org",
    heading,
  },
  {
    name: "tls-secret",
    kind: "text",
    placeholder: "NAME",
    help: "Secret of the namespace with tls.crt and tls.key (default: certificates of an authority of its own, Secret ark-ts-downloads-ca)",
    heading,
  },
  {
    name: "tls-cert-file",
    kind: "text",
    placeholder: "FILE",
    help: "certificate as PEM, in place of a Secret; read again every minute",
    heading,
  },
  {
    name: "tls-key-file",
    kind: "text",
    placeholder: "FILE",
    help: "its key",
    heading,
  },
];
