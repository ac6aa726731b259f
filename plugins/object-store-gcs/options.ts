import {
  assertListPrefix,
  type LocationSpec,
  maxKeyBytes,
  type OptionDoc,
  parseConfig,
} from "../../src/plugin-sdk/object-store.ts";

export interface GcsOptions {
  readonly bucket: string;
  /** Ends in `/` unless empty. */
  readonly prefix: string;
  /** Without a path: `https://storage.googleapis.com`. */
  readonly endpoint: string;
  readonly universeDomain?: string | undefined;
  readonly kmsKeyName?: string | undefined;
  /** Who signs URLs where the credentials have no private key. */
  readonly serviceAccount?: string | undefined;
  readonly credentialsFile?: string | undefined;
  /** PEM text or the path of a file. */
  readonly caCert?: string | undefined;
}

/** The keys of Velero's plugin for Google Cloud 1.14. */
export const gcsOptionDocs: readonly OptionDoc[] = [
  {
    key: "kmsKeyName",
    meaning: "key of Cloud KMS that objects are encrypted with, `projects/…/cryptoKeys/…`",
    default: "the bucket's",
  },
  {
    key: "serviceAccount",
    meaning:
      "service account that signs URLs by IAM, where the credentials have no private key (workload identity)",
    default: "none: such credentials sign no URLs",
  },
  {
    key: "credentialsFile",
    meaning: "file of credentials; wins over the environment; read again when it changes",
    default: "GOOGLE_APPLICATION_CREDENTIALS, gcloud's file, the metadata server",
  },
  {
    key: "storeEndpoint",
    meaning: "host or URL of the service: Private Google Access, a double",
    default: "https://storage.googleapis.com",
  },
  {
    key: "universeDomain",
    meaning: "domain of Google's services where it is another",
    default: "googleapis.com",
  },
  {
    key: "caCert",
    meaning: "PEM text, or file, of certificates to trust beside the system's",
    default: "none",
  },
];

export function parseGcsOptions(location: LocationSpec): GcsOptions {
  const config = parseConfig(location, gcsOptionDocs);
  const bucket = location.bucket.replace(/^\/+|\/+$/g, "");
  const prefix = toKeyPrefix(location.prefix);
  const universeDomain = config.text("universeDomain");
  if (universeDomain !== undefined && !/^[a-z0-9.-]+$/i.test(universeDomain)) {
    config.fault("universeDomain must be a domain");
  }
  const given = config.text("storeEndpoint");
  const endpoint = given === undefined ? undefined : toOrigin(given);
  if (given !== undefined && endpoint === undefined) {
    config.fault("storeEndpoint must be a host, or a URL that starts with http:// or https://");
  }
  if (bucket === "") config.fault("the bucket has no name");
  if (bucket.includes("/")) {
    const name = JSON.stringify(bucket);
    config.fault(`the bucket is ${name}: what comes after the / belongs into prefix`);
  }
  if (Buffer.byteLength(prefix) > 1_024 - maxKeyBytes) {
    config.fault(`prefix is longer than ${1_024 - maxKeyBytes} bytes`);
  }
  const options: GcsOptions = {
    bucket,
    prefix,
    endpoint: endpoint ?? `https://storage.${universeDomain ?? "googleapis.com"}`,
    universeDomain,
    kmsKeyName: config.text("kmsKeyName"),
    serviceAccount: config.text("serviceAccount"),
    credentialsFile: config.text("credentialsFile"),
    caCert: config.text("caCert"),
  };
  config.done();
  assertListPrefix(prefix);
  return options;
}

/** A path, which Velero's plugin wants for the JSON API, is left out: both APIs are used. */
function toOrigin(text: string): string | undefined {
  const whole = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(whole)) return undefined;
  const { origin, pathname, username } = new URL(whole);
  return username === "" && /^\/(?:storage\/v1\/?)?$/.test(pathname) ? origin : undefined;
}

function toKeyPrefix(prefix: string): string {
  const bare = prefix.replace(/^\/+|\/+$/g, "");
  return bare === "" ? "" : `${bare}/`;
}
