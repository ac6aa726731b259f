import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { load } from "js-yaml";
import { Agent } from "undici";
import { createApiServer } from "../support/api-server/api-server.ts";
import { sharedControlPlane, whyNoTestbed } from "../support/shared-testbed.ts";
import { startControlPlane } from "../testbed/control-plane.ts";
import type { ControlPlaneAccess } from "../testbed/control-plane-access.ts";
import { immediateExpiry } from "../testbed/control-plane-commands.ts";
import { describeCluster, describeClusterExpiry } from "./cluster.ts";
import { discoverAll } from "./cluster-discovery.ts";
import {
  type Client,
  type ClusterUnderTest,
  closeClient,
  type OpenCluster,
  openClient,
  reach,
} from "./cluster-under-test.ts";

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

/** The administrator's connection; `close` also ends what `stop` says. */
function connect(
  plane: ControlPlaneAccess,
  stop: () => Promise<void> = async () => undefined,
): ClusterUnderTest {
  const config = load(readFileSync(plane.kubeconfig, "utf8")) as Kubeconfig;
  const read = (source: Readonly<Record<string, string>> | undefined, field: string) =>
    Buffer.from(source?.[`${field}-data`] ?? "", "base64").toString();
  const [cluster, user] = [config.clusters[0]?.cluster, config.users[0]?.user];
  const agent = new Agent({
    allowH2: false,
    connect: {
      ca: read(cluster, "certificate-authority"),
      cert: read(user, "client-certificate"),
      key: read(user, "client-key"),
    },
  });
  return reach(plane.server, agent, {
    compact: async () => {
      await plane.compact();
    },
    close: async () => {
      await agent.destroy();
      await stop();
    },
  });
}

const openShared: OpenCluster = async () => connect(await sharedControlPlane());

const openOwn: OpenCluster = async () => {
  const plane = await startControlPlane({ apiServerFlags: [immediateExpiry] });
  return connect(plane, () => plane.stop());
};

const skip = await whyNoTestbed();

describe("kube-apiserver", { skip, timeout: 600_000 }, () => {
  describeCluster("the real API server", openShared);
  describeClusterExpiry("the real API server", openOwn);

  describe("the kinds of the in-memory API server", () => {
    let real: Client;
    let memory: Client;
    before(async () => {
      real = await openClient(openShared);
      const dispatcher = createApiServer().dispatcher();
      const close = () => dispatcher.close();
      memory = await openClient(async () => reach("http://in-memory", dispatcher, { close }));
    });
    after(async () => {
      await closeClient(memory);
      await closeClient(real);
    });

    it("are those of the real one: names, scope, verbs, categories, subresources", async () => {
      const builtIn = (line: string) =>
        !/^[^/]*\.example\//.test(line) && !/velero|ark-ts/.test(line);
      const found = (await discoverAll(real)).filter(builtIn);
      assert.deepEqual(await discoverAll(memory), found);
    });
  });
});
