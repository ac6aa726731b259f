import { ArkError } from "../../src/plugin-sdk/object-store.ts";

/** Where the services of one of Azure's clouds are. */
export interface Cloud {
  readonly name: string;
  /** Microsoft Entra, which gives tokens. */
  readonly authority: string;
  /** Azure Resource Manager. */
  readonly resourceManager: string;
  /** What a token for it is asked for. */
  readonly managerAudience: string;
  /** `<account>.blob.<suffix>`. */
  readonly storageSuffix: string;
}

const clouds: readonly Cloud[] = [
  {
    name: "AzurePublicCloud",
    authority: "https://login.microsoftonline.com",
    resourceManager: "https://management.azure.com",
    managerAudience: "https://management.azure.com",
    storageSuffix: "core.windows.net",
  },
  {
    name: "AzureUSGovernmentCloud",
    authority: "https://login.microsoftonline.us",
    resourceManager: "https://management.usgovcloudapi.net",
    managerAudience: "https://management.core.usgovcloudapi.net",
    storageSuffix: "core.usgovcloudapi.net",
  },
  {
    name: "AzureChinaCloud",
    authority: "https://login.chinacloudapi.cn",
    resourceManager: "https://management.chinacloudapi.cn",
    managerAudience: "https://management.core.chinacloudapi.cn",
    storageSuffix: "core.chinacloudapi.cn",
  },
];

const otherNames: Readonly<Record<string, string>> = {
  azurecloud: "azurepubliccloud",
  azurepublic: "azurepubliccloud",
  azureusgovernment: "azureusgovernmentcloud",
  azurechina: "azurechinacloud",
};

/** By AZURE_CLOUD_NAME, in any case; the public one without. Errors: ARK_CONFIG_INVALID. */
export function cloudOf(name: string | undefined): Cloud {
  const asked = (name ?? "AzurePublicCloud").toLowerCase();
  const known = otherNames[asked] ?? asked;
  const found = clouds.find((cloud) => cloud.name.toLowerCase() === known);
  if (found !== undefined) return found;
  throw new ArkError(
    "ARK_CONFIG_INVALID",
    `AZURE_CLOUD_NAME is ${JSON.stringify(name)}, which is no cloud of Azure`,
    { advice: `one of ${clouds.map((cloud) => cloud.name).join(", ")}` },
  );
}
