import {
  assertListPrefix,
  type LocationSpec,
  maxKeyBytes,
  parseConfig,
} from "../../src/plugin-sdk/object-store.ts";
import { azureOptionDocs } from "./option-docs.ts";

export interface AzureBlobOptions {
  readonly container: string;
  /** Ends in `/` unless empty. */
  readonly prefix: string;
  readonly account: string;
  readonly resourceGroup?: string | undefined;
  readonly subscriptionId?: string | undefined;
  /** Name of a value in the credentials. */
  readonly keyName?: string | undefined;
  /** Of the account, without a trailing `/`. */
  readonly endpoint?: string | undefined;
  readonly useTokens: boolean;
  readonly authority?: string | undefined;
  /** Undefined: as the engine chooses. */
  readonly blockBytes?: number | undefined;
  readonly credentialsFile?: string | undefined;
  readonly caCert?: string | undefined;
}

const maxBlockBytes = 100 * 1024 * 1024;
/** Azure takes 1,024 characters. */
const maxPrefixBytes = 1_024 - maxKeyBytes;

/** Errors: ARK_CONFIG_INVALID. */
export function parseAzureOptions(location: LocationSpec): AzureBlobOptions {
  const config = parseConfig(location, azureOptionDocs);
  const prefix = location.prefix.replace(/^\/+|\/+$/g, "");
  const blockSize = config.text("blockSizeInBytes");
  const options: AzureBlobOptions = {
    container: location.bucket.replace(/^\/+|\/+$/g, ""),
    prefix: prefix === "" ? "" : `${prefix}/`,
    account: config.text("storageAccount") ?? "",
    resourceGroup: config.text("resourceGroup"),
    subscriptionId: config.text("subscriptionId"),
    keyName: config.text("storageAccountKeyEnvVar"),
    endpoint: config.url("storageAccountURI")?.replace(/\/+$/, ""),
    useTokens: config.flag("useAAD", false),
    authority: config.url("activeDirectoryAuthorityURI"),
    blockBytes: blockSize === undefined ? undefined : Number(blockSize),
    credentialsFile: config.text("credentialsFile"),
    caCert: config.text("caCert"),
  };
  for (const rule of rules) {
    const fault = rule(options);
    if (fault !== undefined) config.fault(fault);
  }
  config.done();
  assertListPrefix(options.prefix);
  return options;
}

/** Each says what is wrong, or nothing. */
const rules: readonly ((options: AzureBlobOptions) => string | undefined)[] = [
  ({ container }) =>
    container.includes("/")
      ? `the container is ${JSON.stringify(container)}: what comes after the / belongs into prefix`
      : undefined,
  ({ container }) =>
    /^(?:\$root|\$web|[a-z0-9](?:-?[a-z0-9]){2,62})$/.test(container) || container.includes("/")
      ? undefined
      : `${JSON.stringify(container)} is no name of a container: 3 to 63 lower-case letters, digits and single dashes`,
  ({ prefix }) =>
    Buffer.byteLength(prefix) > maxPrefixBytes
      ? `prefix is longer than ${maxPrefixBytes} bytes`
      : undefined,
  ({ account }) => (account === "" ? "storageAccount is missing" : undefined),
  ({ account }) =>
    account === "" || /^[a-z0-9]{3,24}$/.test(account)
      ? undefined
      : `storageAccount is ${JSON.stringify(account)}: names have 3 to 24 lower-case letters and digits`,
  ({ endpoint, useTokens }) =>
    useTokens && endpoint?.startsWith("http:") === true
      ? "useAAD needs a storageAccountURI with https: tokens go over no open line"
      : undefined,
  ({ blockBytes }) =>
    blockBytes === undefined ||
    (Number.isInteger(blockBytes) && blockBytes > 0 && blockBytes <= maxBlockBytes)
      ? undefined
      : `blockSizeInBytes must be a number from 1 to ${maxBlockBytes}`,
];
