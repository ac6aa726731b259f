import { describe } from "node:test";
import { describeAccess } from "./cluster-access.ts";
import { describeCustomResources } from "./cluster-custom-resources.ts";
import { describeDeletes } from "./cluster-deletes.ts";
import { describeDiscovery } from "./cluster-discovery.ts";
import { describeExpiry } from "./cluster-expiry.ts";
import { describeLists } from "./cluster-lists.ts";
import type { OpenCluster } from "./cluster-under-test.ts";
import { describeWatches } from "./cluster-watches.ts";
import { describeWrites } from "./cluster-writes.ts";

/**
 * What we rely on in the HTTP of an API server, as code. The real one and the one in memory run
 * it: where they differ, the real one is right. The caller is an administrator, and an
 * impersonated user without any rights is refused.
 */
export function describeCluster(name: string, open: OpenCluster): void {
  describe(`${name} speaks the HTTP of an API server`, () => {
    describeDiscovery(open);
    describeLists(open);
    describeWrites(open);
    describeDeletes(open);
    describeWatches(open);
    describeCustomResources(open);
    describeAccess(open);
  });
}

/** The part that needs a server nobody else uses; `open` gives `compact`. */
export function describeClusterExpiry(name: string, open: OpenCluster): void {
  describe(`${name} lets past revisions expire`, () => describeExpiry(open));
}
