import type { Dispatcher } from "undici";
import type { ServerAccess } from "../../src/adapters/kube/credentials/server-access.ts";

/** Access without credentials, over a dispatcher of the test's own. */
export function plainAccess(
  dispatcher: Dispatcher,
  overrides: Partial<ServerAccess> = {},
): ServerAccess {
  return {
    serverUrl: "http://api.test",
    context: "test",
    defaultNamespace: "default",
    dispatcher: async () => dispatcher,
    headers: async () => ({}),
    refresh: async () => false,
    close: () => dispatcher.close(),
    ...overrides,
  };
}
