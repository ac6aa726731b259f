import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { Agent } from "undici";
import { connectCluster } from "../../../../../src/adapters/kube/connect-cluster.ts";
import type { ServerAccess } from "../../../../../src/adapters/kube/credentials/server-access.ts";
import { ExecError, type ExecRequest } from "../../../../../src/ports/pod-exec.ts";
import {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
  systemClock,
} from "../../../../support/api-server/api-server.ts";
import type { ContainerScript } from "../../../../support/api-server/exec.ts";
import { plainAccess } from "../../../../support/plain-access.ts";

const idle = new AbortController().signal;
const closers: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closers) await close();
});

interface Bench {
  readonly server: ApiServer;
  exec(overrides?: Partial<ExecRequest>, signal?: AbortSignal): ReturnType<Exec>;
  /** The error that it must end with. */
  fails(overrides?: Partial<ExecRequest>): Promise<ExecError>;
}
type Exec = ReturnType<typeof connectCluster>["exec"];

const doors = ["a socket", "a dispatcher without one"] as const;

async function bench(
  door: (typeof doors)[number],
  containers: ContainerScript,
  options: ApiServerOptions = {},
  access: Partial<ServerAccess> = {},
): Promise<Bench> {
  const server = createApiServer({ ...options, containers });
  server.seed({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "db-0", namespace: "default" },
    spec: { containers: [{ name: "db" }, { name: "side" }] },
    status: { phase: "Running" },
  });
  const request: ExecRequest = {
    namespace: "default",
    pod: "db-0",
    container: "db",
    command: ["run"],
    timeoutMs: 60_000,
  };
  let cluster: ReturnType<typeof connectCluster>;
  if (door === "a socket") {
    const listener = await server.listen();
    closers.push(() => listener.close());
    const overrides = { serverUrl: listener.url, ...access };
    cluster = connectCluster(plainAccess(new Agent(), overrides), systemClock);
    closers.unshift(() => cluster.close());
  } else {
    cluster = connectCluster(plainAccess(server.dispatcher(), access), systemClock);
  }
  const exec: Bench["exec"] = (overrides = {}, signal = idle) =>
    cluster.exec({ ...request, ...overrides }, { signal });
  return {
    server,
    exec,
    async fails(overrides) {
      const error = await exec(overrides).then(
        () => assert.fail("it did not fail"),
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof ExecError, String(error));
      return error;
    },
  };
}

for (const door of doors) {
  describe(`a command in a container, over ${door}`, () => {
    it("gets its words and container as they are, and answers its output and exit code", async () => {
      const words = ["sh", "-c", 'echo "ü & = ?" > /x; exit 3', ""];
      const { exec } = await bench(door, async (call, session) => {
        assert.deepEqual([call.namespace, call.pod, call.container], ["default", "db-0", "side"]);
        assert.deepEqual(call.command, words);
        assert.equal(call.protocol, "v5.channel.k8s.io");
        await session.stdout("one\n");
        await session.stderr("two\n");
        await session.stdout("three\n");
        await session.exit(3);
      });
      const { exitCode, stdout, stderr } = await exec({ command: words, container: "side" });
      assert.equal(exitCode, 3);
      assert.equal(stdout.head, "one\nthree\n");
      assert.equal(stderr.head, "two\n");
    });

    it("succeeds with exit code 0", async () => {
      const { exec } = await bench(door, (_call, session) => session.exit(0));
      assert.equal((await exec()).exitCode, 0);
    });

    it("speaks v4 where the server knows nothing newer", async () => {
      const script: ContainerScript = (call, session) =>
        session.exit(call.protocol === "v4.channel.k8s.io" ? 7 : 1);
      const { exec } = await bench(door, script, { execProtocols: ["v4.channel.k8s.io"] });
      assert.equal((await exec()).exitCode, 7);
    });

    it("gets its standard input and sees its end, while its output goes on", async () => {
      const { exec } = await bench(door, async (_call, session) => {
        let size = 0;
        for await (const chunk of session.stdin()) size += chunk.length;
        await session.stdout(`${size} bytes\n`);
        await session.exit(0);
      });
      const { stdout } = await exec({ stdin: Buffer.alloc(300_000, "x") });
      assert.equal(stdout.head, "300000 bytes\n");
    });

    it("prints more than is kept: the beginning and the end stay, the rest is counted", async () => {
      const lines = Buffer.from("0123456789abcde\n".repeat(2048));
      const { exec } = await bench(door, async (_call, session) => {
        await session.stdout("first\n");
        for (let i = 0; i < 32; i += 1) await session.stdout(lines);
        await session.stdout("last\n");
        await session.exit(0);
      });
      const { stdout } = await exec();
      assert.ok(stdout.head.startsWith("first\n0123456789abcde\n"));
      assert.ok(stdout.tail.endsWith("0123456789abcde\nlast\n"));
      const kept = stdout.head.length + stdout.tail.length;
      assert.equal(stdout.omittedBytes, 32 * lines.length + "first\nlast\n".length - kept);
      const keptLines = `${stdout.head}${stdout.tail}`.split("\n").length - 1;
      assert.equal(stdout.omittedLines, 32 * 2048 + 2 - keptLines);
    });

    it("that hangs ends with its time, and may have run", async () => {
      const left = Promise.withResolvers<void>();
      const { fails } = await bench(door, async (_call, session) => {
        await session.stderr("waiting\n");
        session.gone.addEventListener("abort", () => left.resolve());
        await left.promise;
      });
      // Long enough for its output to come over on a busy machine.
      const error = await fails({ timeoutMs: 2_000 });
      assert.equal(error.code, "ARK_EXEC_TIMEOUT");
      assert.equal(error.mayHaveRun, true);
      assert.equal(error.output?.stderr.head, "waiting\n");
      await left.promise;
    });

    it("that hangs ends with a cancel, and its connection with it", async () => {
      const cancel = new AbortController();
      const left = Promise.withResolvers<void>();
      const { exec } = await bench(door, async (_call, session) => {
        session.gone.addEventListener("abort", () => left.resolve());
        cancel.abort(new Error("enough"));
        await left.promise;
      });
      await assert.rejects(exec({}, cancel.signal), { message: "enough" });
      await left.promise;
    });

    it("whose connection closes without its end being told is no success", async () => {
      const { fails } = await bench(door, async (_call, session) => {
        await session.stdout("half\n");
        session.close();
      });
      const error = await fails();
      assert.equal(error.code, "ARK_EXEC_LOST");
      assert.equal(error.mayHaveRun, true);
      assert.equal(error.output?.stdout.head, "half\n");
    });

    it("whose connection breaks is no success either", async () => {
      const { fails } = await bench(door, () => Promise.reject(new Error("the node is gone")));
      assert.equal((await fails()).code, "ARK_EXEC_LOST");
    });

    it("that the runtime cannot run says so", async () => {
      const answer = 'exec: "run": executable file not found in $PATH';
      const { fails } = await bench(door, (_call, session) => session.fail(answer));
      const error = await fails();
      assert.deepEqual(
        [error.code, error.answer, error.mayHaveRun],
        ["ARK_EXEC_REFUSED", answer, false],
      );
    });
  });

  describe(`a command that does not begin, over ${door}`, () => {
    const never: ContainerScript = () => assert.fail("it began");

    it("403 names get and create on pods/exec: 1.34 asks for the first", async () => {
      const authorise: ApiServerOptions["authorise"] = ({ subresource }) => subresource !== "exec";
      const error = await (await bench(door, never, { authorise })).fails();
      assert.deepEqual([error.code, error.mayHaveRun], ["ARK_API_FORBIDDEN", false]);
      assert.match(error.advice ?? "", /"get" and "create" on "pods\/exec" in namespace "default"/);
      assert.match(error.answer ?? "", /cannot get resource "pods\/exec"/);
    });

    it("and 1.35 for both", async () => {
      const options: ApiServerOptions = {
        execAsksCreate: true,
        authorise: ({ subresource, verb }) => subresource !== "exec" || verb === "get",
      };
      const error = await (await bench(door, never, options)).fails();
      assert.match(error.answer ?? "", /cannot create resource "pods\/exec"/);
      assert.match(error.advice ?? "", /"get" and "create"/);
    });

    it("a pod that is gone", async () => {
      const error = await (await bench(door, never)).fails({ pod: "db-1" });
      assert.deepEqual([error.code, error.mayHaveRun], ["ARK_API_NOT_FOUND", false]);
      assert.match(
        error.message,
        /container "db" of pod "default\/db-1": the API server does not find the pod/,
      );
    });

    it("a container that the pod does not have", async () => {
      const error = await (await bench(door, never)).fails({ container: "nope" });
      assert.deepEqual([error.code, error.mayHaveRun], ["ARK_EXEC_REFUSED", false]);
      assert.match(error.answer ?? "", /container nope is not valid for pod db-0/);
    });

    it("is asked for again where the server is busy, and then begins once", async () => {
      let begun = 0;
      const { server, exec } = await bench(door, () => {
        begun += 1;
      });
      server.faults = ({ count }) => (count === 1 ? { status: 503 } : undefined);
      assert.equal((await exec()).exitCode, 0);
      assert.equal(begun, 1);
    });

    it("refreshes credentials that have expired, and sends all headers as they are", async () => {
      let token = "old";
      const seen: string[] = [];
      const { exec } = await bench(
        door,
        () => undefined,
        {
          authenticate({ headers }) {
            seen.push(headers["impersonate-group"] ?? "");
            const isKnown = headers["authorization"] === "Bearer new";
            return isKnown ? { name: "me", groups: [] } : undefined;
          },
        },
        {
          headers: async () => ({
            authorization: `Bearer ${token}`,
            "impersonate-group": ["a b", "c"],
          }),
          async refresh() {
            token = "new";
            return true;
          },
        },
      );
      assert.equal((await exec()).exitCode, 0);
      assert.deepEqual(seen, ["a b,c", "a b,c"]);
    });

    it("is not sent again when its answer was lost", async () => {
      let asked = 0;
      const { server, fails } = await bench(door, never);
      server.faults = () => {
        asked += 1;
        return { dropAnswer: true };
      };
      const error = await fails();
      assert.deepEqual([error.code, error.mayHaveRun], ["ARK_API_UNREACHABLE", true]);
      assert.equal(asked, 1);
    });
  });
}
