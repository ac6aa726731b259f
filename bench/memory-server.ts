/** Serves N synthetic objects from memory until it is ended: `memory-server.ts COUNT BYTES`. */
import { createApiServer } from "../test/support/api-server/api-server.ts";

const [count = 0, sizeBytes = 2048] = process.argv.slice(2).map(Number);
const namespaces = Array.from({ length: 100 }, (_, index) => `bench-${index}`);
const server = createApiServer();
if (count > 0) {
  server.seedSynthetic({
    ...{ group: "", version: "v1", resource: "configmaps" },
    ...{ count, sizeBytes, namespaces },
  });
}
const listener = await server.listen();
process.stdout.write(`${listener.url}\n`);
// Ends with its parent, however that ends.
process.stdin.resume().on("end", () => process.exit(0));
