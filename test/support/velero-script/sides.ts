/** Two clusters that hold the same: a Velero server works in one, an ark-ts server in the other. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBinary } from "../../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../../testbed/control-plane.ts";
import type { MinioAccess } from "../../testbed/minio-access.ts";
import { startVelero } from "../../testbed/velero.ts";
import { waitFor } from "../../testbed/wait.ts";
import { createArk } from "../ark.ts";
import { startArkServer } from "../ark-server.ts";
import { connectKube, type KubeClient } from "../kube-client.ts";
import { runCommand } from "../run-command.ts";
import { fillShop } from "./fill-shop.ts";
import { normalise } from "./normalise.ts";
import type { Line, Until } from "./script.ts";

export const serverNamespace = "velero";

export interface Side {
  readonly client: KubeClient;
  /** What the line printed and how it ended, normalised, line by line. */
  run(line: Line): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Words as a shell cuts them; single quotes only. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|\S+/g)].map(([whole, quoted]) => quoted ?? whole);

const kindsPath = `/apis/velero.io/v1/namespaces/${serverNamespace}`;

async function isSo(client: KubeClient, until: Until): Promise<boolean> {
  if ("gone" in until) {
    const { items } = JSON.parse(`${await client.demand("GET", `${kindsPath}/${until.kind}`)}`) as {
      readonly items: readonly { readonly metadata: { readonly name: string } }[];
    };
    const { gone } = until;
    return !items.some(({ metadata }) => gone === "all" || gone.includes(metadata.name));
  }
  const body = await client.get(`${kindsPath}/${until.kind}/${until.name}`);
  const found = JSON.parse(body?.toString() ?? "{}") as {
    readonly status?: Readonly<Record<string, unknown>>;
  };
  if ("has" in until) return found.status?.[until.has] !== undefined;
  return found.status?.["phase"] === until.phase;
}

interface Opening {
  readonly minio: MinioAccess;
  readonly bucket: string;
  startServer(plane: ControlPlane, client: KubeClient, home: string): Promise<() => Promise<void>>;
}

async function openSide({ minio, bucket, startServer }: Opening): Promise<Side> {
  const [plane, binary] = await Promise.all([startControlPlane(), ensureBinary("velero")]);
  const home = mkdtempSync(join(tmpdir(), "ark-script-"));
  const client = connectKube(plane.kubeconfig);
  await minio.createBucket(bucket);
  await fillShop(client, minio, serverNamespace);
  const stopServer = await startServer(plane, client, home);
  const own = new Map([
    [bucket, "<bucket>"],
    [home, "<folder>"],
    [plane.server, "<server>"],
  ]);
  const run = async (line: Line): Promise<readonly string[]> => {
    const text = line.line
      .replaceAll("{bucket}", bucket)
      .replaceAll("{s3}", minio.endpoint)
      .replaceAll("{folder}", home);
    const env = {
      KUBECONFIG: plane.kubeconfig,
      HOME: home,
      XDG_CONFIG_HOME: join(home, ".config"),
    };
    const { status, stdout, stderr } = await runCommand(binary, words(text), { env });
    const { until } = line;
    if (until !== undefined) {
      const what = `${line.line}: ${JSON.stringify(until)}`;
      await waitFor(what, () => isSo(client, until), { timeoutMs: 240_000, everyMs: 200 }).catch(
        (error: Error) => {
          throw new Error(`${error.message}\nit printed: ${stdout}${stderr}`);
        },
      );
    }
    return normalise({ status, stdout, stderr }, own);
  };
  return {
    client,
    run,
    close: async () => {
      await stopServer();
      await client.close();
      await plane.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export const openVeleroSide = (minio: MinioAccess, bucket: string): Promise<Side> =>
  openSide({
    minio,
    bucket,
    startServer: async (plane, client) => {
      const velero = await startVelero(plane, minio, { bucket, namespace: serverNamespace });
      // The script makes its own, the same with both.
      await client.demand("DELETE", `${kindsPath}/backupstoragelocations/default`);
      return () => velero.stop();
    },
  });

export const openArkSide = (minio: MinioAccess, bucket: string): Promise<Side> =>
  openSide({
    minio,
    bucket,
    startServer: async (plane) => {
      const ark = createArk(plane.kubeconfig);
      await ark.ok("install", "--crds-only");
      // Velero has this plugin as well.
      const plugins = join(ark.home, "plugins");
      mkdirSync(plugins);
      const plugin = await ensureBinary("velero-plugin-for-aws");
      copyFileSync(plugin, join(plugins, "velero-plugin-for-aws"));
      const own = ["--namespace", serverNamespace, "--plugin-dir", plugins];
      const server = startArkServer(ark, plane.kubeconfig, ...own);
      await server.ready("leading");
      return async () => {
        server.kill("SIGKILL");
        await server.ended;
        ark.remove();
      };
    },
  });
