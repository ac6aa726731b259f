import type { OptionDoc } from "../../src/plugin-sdk/object-store.ts";

/** The keys of Velero's plugin for Microsoft Azure. README.md shows the same table; a test holds both. */
export const azureOptionDocs: readonly OptionDoc[] = [
  {
    key: "storageAccount",
    meaning: "storage account of the container",
    default: "none: it must be given",
  },
  {
    key: "resourceGroup",
    meaning:
      "resource group of the storage account; with subscription, for reading its access keys",
    default: "AZURE_RESOURCE_GROUP of the credentials",
  },
  {
    key: "subscriptionId",
    meaning: "subscription of the storage account",
    default: "AZURE_SUBSCRIPTION_ID of the credentials",
  },
  {
    key: "storageAccountKeyEnvVar",
    meaning: "name of the value in the credentials that holds the account's access key",
    default: "AZURE_STORAGE_KEY, if there is one and useAAD is not set",
  },
  {
    key: "storageAccountURI",
    meaning: "address of the account's blob service",
    default: "https://ACCOUNT.blob. and the cloud's suffix",
  },
  {
    key: "useAAD",
    meaning: "tokens of Microsoft Entra for every request, in place of an access key",
    default: "false",
  },
  {
    key: "activeDirectoryAuthorityURI",
    meaning: "who gives those tokens",
    default: "AZURE_AUTHORITY_HOST, else the cloud's",
  },
  {
    key: "blockSizeInBytes",
    meaning: "least size of an upload's parts, up to 100 MiB; they are larger where the backup is",
    default: "8 MiB",
  },
  {
    key: "credentialsFile",
    meaning: "file of KEY=value lines; wins over the environment; read again when it changes",
    default: "AZURE_CREDENTIALS_FILE, else the environment's AZURE_… values",
  },
  {
    key: "caCert",
    meaning: "PEM text, or file, of certificates to trust beside the system's",
    default: "none",
  },
];
