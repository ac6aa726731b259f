import { Agent } from "undici";
import { createApiServer } from "../support/api-server/api-server.ts";
import { describeCluster, describeClusterExpiry } from "./cluster.ts";
import { type OpenCluster, reach } from "./cluster-under-test.ts";

const newServer = () =>
  createApiServer({
    namespaceDefaults: true,
    authorise: ({ user }) => user.groups.includes("system:masters"),
  });

const overSockets: OpenCluster = async () => {
  const server = newServer();
  const listener = await server.listen();
  const agent = new Agent();
  return reach(listener.url, agent, {
    compact: async () => server.compact(),
    close: async () => {
      await agent.destroy();
      await listener.close();
    },
  });
};

const withoutSockets: OpenCluster = async () => {
  const server = newServer();
  const dispatcher = server.dispatcher();
  return reach("http://in-memory", dispatcher, {
    compact: async () => server.compact(),
    close: () => dispatcher.close(),
  });
};

describeCluster("the in-memory API server over sockets", overSockets);
describeCluster("the in-memory API server without sockets", withoutSockets);
describeClusterExpiry("the in-memory API server over sockets", overSockets);
describeClusterExpiry("the in-memory API server without sockets", withoutSockets);
