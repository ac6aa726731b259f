import type { PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { type Cloud, cloudOf } from "./clouds.ts";
import { type Credentials, openCredentials } from "./credentials.ts";
import { createHttp, type Http, type HttpOptions } from "./http.ts";
import { createResourceManager, type ResourceManager } from "./resource-manager.ts";
import { createTokenSource, type TokenSource } from "./tokens.ts";

export interface AzureOptions extends HttpOptions {
  /** Default: AZURE_CREDENTIALS_FILE, else the environment's own values. */
  readonly credentialsFile?: string | undefined;
  /** Who gives tokens, if not the cloud's own. */
  readonly authority?: string | undefined;
}

/** What a plugin needs to ask services of Azure, by one set of credentials. */
export interface Azure {
  readonly http: Http;
  readonly credentials: Credentials;
  readonly tokens: TokenSource;
  /** Errors: ARK_CONFIG_INVALID. */
  cloud(): Promise<Cloud>;
  /** Errors: ARK_CONFIG_INVALID. */
  resourceManager(): Promise<ResourceManager>;
  /** For people: who asks. */
  who(): Promise<string>;
  close(): void;
}

/** No request is made, and no file is read. */
export function connectAzure(options: AzureOptions, context: PluginContext): Azure {
  const http = createHttp(options, context.env);
  const credentials = openCredentials(options.credentialsFile, context);
  const tokens = createTokenSource({ credentials, http, authority: options.authority }, context);
  const cloud = async () => cloudOf((await credentials.read()).values["AZURE_CLOUD_NAME"]);
  return {
    http,
    credentials,
    tokens,
    cloud,
    async resourceManager() {
      const { resourceManager, managerAudience: audience } = await cloud();
      // Of Azure's own tools none knows such a variable; a cloud of one's own needs it.
      const endpoint = context.env["AZURE_RESOURCE_MANAGER_ENDPOINT"] || resourceManager;
      return createResourceManager({ http, tokens, endpoint, audience }, context);
    },
    who: () => tokens.who(),
    close: () => http.close(),
  };
}
