import { ArkError } from "../../src/plugin-sdk/object-store.ts";
import type { Azure } from "../shared-azure/connect.ts";
import { asRecord } from "../shared-azure/failure.ts";
import { type Authority, keyCredential } from "./blob-client.ts";
import type { AzureBlobOptions } from "./options.ts";

/** How the account's blob service is asked. */
export interface Access {
  readonly endpoint: string;
  readonly authority: Authority;
  /** For people: `the access key of account backups, file /credentials/cloud`. */
  readonly who: string;
  /** Another one once credentials have changed. */
  readonly stamp: string;
  /** Whether the key was asked of Resource Manager: it may be a new one there. */
  readonly isListed: boolean;
}

/**
 * In Velero's order: the key that the location names, tokens, the key that Resource Manager tells.
 * Errors: ARK_CONFIG_INVALID, AzureFailure.
 */
export async function openAccess(
  options: AzureBlobOptions,
  azure: Azure,
  signal: AbortSignal,
): Promise<Access> {
  const { account, useTokens } = options;
  const { values, source, stamp } = await azure.credentials.read();
  const { storageSuffix } = await azure.cloud();
  const endpoint = options.endpoint ?? `https://${account}.blob.${storageSuffix}`;
  const keyName = options.keyName ?? (useTokens ? undefined : "AZURE_STORAGE_KEY");
  const key = keyName === undefined ? undefined : values[keyName];
  if (key !== undefined) {
    const who = `the access key of account ${account}, ${source}`;
    const authority = { kind: "key", credential: keyCredential(account, key) } as const;
    return { endpoint, authority, who, stamp, isListed: false };
  }
  if (options.keyName !== undefined) throw missingKey(options.keyName, source);
  if (useTokens) {
    const authority = { kind: "tokens", tokens: azure.tokens } as const;
    return { endpoint, authority, who: await azure.who(), stamp, isListed: false };
  }
  const credential = keyCredential(account, await listKey(options, values, azure, signal));
  const who = `the access key of account ${account}, asked by ${await azure.who()}`;
  return { endpoint, authority: { kind: "key", credential }, who, stamp, isListed: true };
}

function missingKey(name: string, source: string): ArkError {
  return new ArkError("ARK_CONFIG_INVALID", `storageAccountKeyEnvVar: ${source} has no ${name}`, {
    advice: "write the access key of the storage account there, or name the value that has it",
  });
}

const storageApi = "2023-05-01";

/** The first key that may do everything, as Velero takes it. */
async function listKey(
  { account, resourceGroup, subscriptionId }: AzureBlobOptions,
  values: Readonly<Record<string, string>>,
  azure: Azure,
  signal: AbortSignal,
): Promise<string> {
  const subscription = subscriptionId ?? values["AZURE_SUBSCRIPTION_ID"];
  const group = resourceGroup ?? values["AZURE_RESOURCE_GROUP"];
  if (subscription === undefined || group === undefined) throw withoutWay(account);
  const path = [
    ...["subscriptions", subscription, "resourceGroups", group],
    ...["providers", "Microsoft.Storage", "storageAccounts", account, "listKeys"],
  ];
  const manager = await azure.resourceManager();
  const { body } = await manager.call({
    method: "POST",
    path: `/${path.map(encodeURIComponent).join("/")}`,
    apiVersion: storageApi,
    query: { $expand: "kerb" },
    mayRepeat: true,
    signal,
  });
  const { keys } = asRecord(body);
  for (const one of Array.isArray(keys) ? keys : []) {
    const { permissions, value } = asRecord(one);
    if (typeof value === "string" && /^full$/i.test(`${permissions}`)) return value;
  }
  throw new ArkError(
    "ARK_STORE_DENIED",
    `storage account ${JSON.stringify(account)} has no access key with full permissions`,
    { advice: "set useAAD to true, or give the account an access key" },
  );
}

function withoutWay(account: string): ArkError {
  return new ArkError(
    "ARK_CONFIG_INVALID",
    `there is no way into storage account ${JSON.stringify(account)}: no access key, no useAAD, and no subscription and resource group to ask for the key`,
    {
      advice:
        "set AZURE_STORAGE_KEY in the credentials, or useAAD to true, or subscriptionId and resourceGroup",
    },
  );
}
