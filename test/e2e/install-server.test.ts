import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { load } from "js-yaml";
import { labels } from "../../src/api/labels.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { untilAllowed } from "../support/new-namespace.ts";
import { runCommand } from "../support/run-command.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";

const image = ["--image", "testbed.local/ark-ts:1"] as const;
const deployment = "/apis/apps/v1/namespaces/ark-ts/deployments/ark-ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

interface Live {
  readonly metadata: { readonly generation: number; readonly labels: Record<string, string> };
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: readonly { image: string }[] } };
  };
}

// The kinds belong to the whole cluster: other tests must not meet their end.
describe("ark-ts install and uninstall", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let client: KubeClient;
  let ark: Ark;
  let folder: string;
  before(async () => {
    plane = await startControlPlane();
    client = await connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    folder = mkdtempSync(join(tmpdir(), "ark-install-"));
    writeFileSync(join(folder, "credentials"), "[default]\naws_access_key_id=planted-secret\n");
  });
  after(async () => {
    ark?.remove();
    await client?.close();
    await plane?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const located = () => [
    ...["--provider", "aws", "--bucket", "backups", "--backup-location-config", "region=r"],
    ...["--secret-file", join(folder, "credentials")],
  ];
  const counts = (text: string): string => /^server: .*$/m.exec(text)?.[0] ?? "";
  const live = async (path: string): Promise<Live> =>
    JSON.parse((await client.demand("GET", path)).toString()) as Live;
  const refused = async (pattern: RegExp, ...args: readonly string[]): Promise<void> => {
    const { status, stdout, stderr } = await ark.run("install", ...args);
    assert.notEqual(status, 0, stdout);
    assert.match(stderr, pattern);
  };

  it("refuses what cannot be meant, and writes nothing", async () => {
    await refused(/which image shall the server run/);
    await refused(/a location needs --provider and --bucket/, ...image, "--bucket", "b");
    const place = ["--provider", "aws", "--bucket", "b"] as const;
    await refused(/where are the credentials/, ...image, ...place);
    await refused(
      /region/,
      ...image,
      ...place,
      "--no-secret",
      "--backup-location-config",
      "regoin=x",
    );
    await refused(/--replicas has no effect beside --crds-only/, "--crds-only", "--replicas", "1");
    await refused(/this is no amount/, ...image, "--velero-pod-mem-limit", "1 GB");
    await refused(/has no flag --nonsense/, ...image, "--server-flags", "nonsense=1");
    await refused(/--client-qps/, ...image, "--server-flags", "client-qps=5");
    await refused(/--use-node-agent is not in this version yet/, ...image, "--use-node-agent");
    assert.equal(await client.get("/api/v1/namespaces/ark-ts"), undefined);
  });

  it("says by dry-run what would be created, and prints it for kubectl without a cluster", async () => {
    const text = await ark.ok("install", ...image, ...located(), "--dry-run");
    assert.equal(counts(text), "server: 12 created, 0 changed, 0 left alone (dry run)");
    assert.equal(await client.get("/api/v1/namespaces/ark-ts"), undefined);
    const unreachable = createArk("/nonexistent");
    const yaml = await unreachable.ok("install", ...image, "--dry-run", "-o", "yaml");
    unreachable.remove();
    const { items } = load(yaml) as { items: readonly { readonly kind: string }[] };
    assert.equal(items.length, 13 + 10);
  });

  it("installs; once more writes nothing", async () => {
    assert.match(await ark.ok("install", ...image, ...located()), /13 written, 0 left alone/);
    const before = await live(deployment);
    const text = await ark.ok("install", ...image, ...located());
    assert.equal(counts(text), "server: 0 created, 0 changed, 12 left alone");
    assert.match(text, /0 written, 13 left alone/);
    assert.equal((await live(deployment)).metadata.generation, before.metadata.generation);
  });

  it("shows the fields that an upgrade changes, never a Secret's, and keeps what others have set", async () => {
    const label = '{"metadata":{"labels":{"team":"a"}}}';
    await client.demand("PATCH", deployment, label, "application/merge-patch+json");
    writeFileSync(join(folder, "credentials"), "[default]\naws_access_key_id=another-secret\n");
    const asked = ["--image", "testbed.local/ark-ts:2", "--replicas", "3", ...located()];
    const would = await ark.ok("install", ...asked, "--dry-run");
    assert.equal(counts(would), "server: 0 created, 2 changed, 10 left alone (dry run)");
    assert.match(
      would,
      /containers\[name=server\]\.image: "testbed\.local\/ark-ts:1" -> "testbed\.local\/ark-ts:2"/,
    );
    assert.match(would, /spec\.replicas: 2 -> 3/);
    assert.doesNotMatch(would, /secret\b.*->.*W10|planted|another/);
    await ark.ok("install", ...asked);
    const { metadata, spec } = await live(deployment);
    assert.equal(metadata.labels["team"], "a");
    assert.equal(spec.replicas, 3);
    assert.equal(spec.template.spec.containers[0]?.image, "testbed.local/ark-ts:2");
  });

  it("names the rights that a user lacks, those he may not give included, and writes nothing", async () => {
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "half" },
      rules: [
        { apiGroups: ["*"], resources: ["*"], verbs: ["get", "list"] },
        {
          apiGroups: ["", "rbac.authorization.k8s.io"],
          resources: ["namespaces", "clusterroles"],
          verbs: ["create", "patch"],
        },
      ],
    };
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "half" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "half" },
      subjects: [{ kind: "User", name: "half" }],
    };
    const api = "/apis/rbac.authorization.k8s.io/v1";
    await client.demand("POST", `${api}/clusterroles`, JSON.stringify(role));
    await client.demand("POST", `${api}/clusterrolebindings`, JSON.stringify(binding));
    await untilAllowed(client, "half", { namespace: "", verb: "create", resource: "namespaces" });
    const { status, stderr } = await ark.run(
      ...["install", ...image, "-n", "elsewhere", "--as", "half"],
    );
    assert.equal(status, 1);
    assert.match(stderr, /ARK_INSTALL_RIGHTS/);
    assert.match(stderr, /create and patch deployments\.apps in namespace elsewhere/);
    assert.match(stderr, /ClusterRole ark-ts-elsewhere: .*attempting to grant RBAC permissions/);
    assert.equal(await client.get("/api/v1/namespaces/elsewhere"), undefined);
  });

  it("leaves alone a Deployment of its name that is somebody else's, and a namespace where a Velero works", async () => {
    const apps = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const make = async (namespace: string, name: string, labels: object): Promise<void> => {
      const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
      await client.demand("POST", "/api/v1/namespaces", JSON.stringify(space));
      const template = {
        metadata: { labels: { a: "b" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      };
      const spec = { replicas: 0, selector: { matchLabels: { a: "b" } }, template };
      const metadata = { name, labels };
      const body = { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
      await client.demand("POST", apps(namespace), JSON.stringify(body));
    };
    await make("foreign", "ark-ts", {});
    await refused(/did not install: Deployment foreign\/ark-ts/, ...image, "-n", "foreign");
    await make("velero", "velero", { component: "velero" });
    await refused(/a Velero server works in namespace velero/, ...image, "-n", "velero");
    assert.equal(await client.get("/api/v1/namespaces/velero/services/ark-ts"), undefined);
  });

  const backups = (namespace: string) => `/apis/velero.io/v1/namespaces/${namespace}/backups`;
  const makeBackup = async (namespace: string, finalizers: readonly string[] = []) => {
    const body = {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: "b", finalizers },
      spec: {},
    };
    await client.demand("POST", backups(namespace), JSON.stringify(body));
  };

  it("uninstall asks with a list of all that goes, and does nothing without an answer", async () => {
    await makeBackup("ark-ts");
    const { status, stderr } = await ark.run("uninstall");
    assert.equal(status, 2);
    assert.match(stderr, /add --confirm/);
    const text = await ark.ok("uninstall", "--dry-run", "-n", "ark-ts");
    for (const line of [
      "  Deployment ark-ts/ark-ts",
      "  ClusterRoleBinding ark-ts",
      "  Secret ark-ts/cloud-credentials",
      "  1 backups.velero.io in namespace ark-ts",
      "the kinds of velero.io stay, for others use them: a Velero server, deployment velero/velero",
      "  Namespace ark-ts",
    ]) {
      assert.ok(text.split("\n").includes(line), `${line}\n${text}`);
    }
    assert.ok(await client.get(deployment));
  });

  it("uninstall keeps kinds that others use and a namespace that has more in it, and removes the rest", async () => {
    await makeBackup("foreign");
    const mine = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "mine" } };
    const copy = { name: "copy", labels: { [labels.copyOf]: "schedules" } };
    const kept = { ...mine, metadata: copy };
    await client.demand("POST", "/api/v1/namespaces/ark-ts/configmaps", JSON.stringify(kept));
    await client.demand("POST", "/api/v1/namespaces/ark-ts/configmaps", JSON.stringify(mine));
    const text = await ark.ok("uninstall", "--confirm");
    assert.match(
      text,
      /kinds of velero\.io stay, for others use them: 1 backups.* in namespace foreign/,
    );
    assert.match(text, /namespace ark-ts stays, for there is more in it: ConfigMap mine\n/);
    assert.equal(await client.get(deployment), undefined);
    assert.equal(await client.get(`${backups("ark-ts")}/b`), undefined);
    assert.ok(await client.get(`${backups("foreign")}/b`));
    assert.equal(
      await client.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/ark-ts"),
      undefined,
    );
    assert.ok(await client.get("/api/v1/namespaces/ark-ts/configmaps/mine"));
    assert.match(await ark.ok("uninstall", "--confirm"), /there is no ark-ts server/);
  });

  it("refuses to uninstall where a Velero works in the same namespace", async () => {
    const { status, stderr } = await ark.run("uninstall", "--confirm", "-n", "velero");
    assert.equal(status, 1);
    assert.match(stderr, /a Velero server works there: deployment velero\/velero/);
  });

  it("uninstall removes kinds and namespace with all that only a server would have let go", async () => {
    await client.demand("DELETE", `${backups("foreign")}/b`);
    await client.demand("DELETE", "/apis/apps/v1/namespaces/velero/deployments/velero");
    await client.demand("DELETE", "/api/v1/namespaces/ark-ts/configmaps/mine");
    await ark.ok("install", ...image);
    await makeBackup("ark-ts", ["restores.velero.io/external-resources-finalizer"]);
    await ark.ok("uninstall", "--confirm");
    assert.equal(await client.get("/api/v1/namespaces/ark-ts"), undefined);
    assert.equal(
      await client.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/backups.velero.io"),
      undefined,
    );
  });

  it("deploy/kustomize gives what install gives: after kubectl apply -k, nothing is left to change", async () => {
    const kubectl = await ensureBinary("kubectl");
    const apply = ["apply", "--server-side", "-k", "deploy/kustomize"];
    const { status, stderr } = await runCommand(
      kubectl,
      ["--kubeconfig", plane.kubeconfig, ...apply],
      {},
    );
    assert.equal(status, 0, stderr);
    const text = await ark.ok("install", "--image", `ark-ts:${version}`, "--dry-run");
    assert.equal(counts(text), "server: 0 created, 0 changed, 10 left alone (dry run)");
    assert.match(text, /0 would be written, 13 left alone/);
  });
});
