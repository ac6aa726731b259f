import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Manifest } from "../../../../src/install/manifests/manifest.ts";
import { serverManifests } from "../../../../src/install/manifests/server-manifests.ts";
import {
  type ServerRequest,
  serverRequest,
} from "../../../../src/install/manifests/server-request.ts";
import { valueAt } from "../../../../src/lib/json-edit.ts";
import type { JsonValue } from "../../../../src/lib/json-text.ts";

const rendered = (asked: Partial<ServerRequest> = {}): readonly Manifest[] =>
  serverManifests(
    serverRequest({ image: "registry.example/ark-ts:1", version: "0.1.0", ...asked }),
  );

const find = (manifests: readonly Manifest[], kind: string): Manifest =>
  manifests.find((one) => one.kind === kind) ?? assert.fail(`no ${kind}`);

const at = (manifest: Manifest, ...path: readonly string[]): JsonValue | undefined =>
  valueAt(manifest as unknown as JsonValue, path);

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const rulesOf = (manifests: readonly Manifest[], kind: string): readonly Rule[] =>
  find(manifests, kind)["rules"] as readonly Rule[];

const verbsOn = (rules: readonly Rule[], resource: string): ReadonlySet<string> =>
  new Set(
    rules.filter(({ resources }) => resources.includes(resource)).flatMap(({ verbs }) => verbs),
  );

const location = { provider: "aws", bucket: "b", prefix: "p", config: { region: "r" } };

describe("the server's manifests", () => {
  it("carry on every object our labels, and on none the label by which velero uninstall deletes", () => {
    for (const { kind, metadata } of rendered({ location, podLabels: { component: "velero" } })) {
      assert.equal(metadata.labels?.["app.kubernetes.io/name"], "ark-ts", kind);
      assert.equal(metadata.labels?.["component"], undefined, kind);
    }
  });

  it("run pods that the restricted pod security standard admits, with a read-only root", () => {
    const pod = at(find(rendered(), "Deployment"), "spec", "template", "spec");
    const text = JSON.stringify(pod);
    for (const part of [
      '"runAsNonRoot":true',
      '"seccompProfile":{"type":"RuntimeDefault"}',
      '"allowPrivilegeEscalation":false',
      '"readOnlyRootFilesystem":true',
      '"capabilities":{"drop":["ALL"]}',
    ]) {
      assert.ok(text.includes(part), part);
    }
    assert.doesNotMatch(text, /hostPath|hostNetwork|privileged":true/);
  });

  it("labels that a user gives to the pods never take them away from the Deployment", () => {
    const podLabels = { "app.kubernetes.io/name": "else", team: "a" };
    const deployment = find(rendered({ podLabels }), "Deployment");
    const labels = at(deployment, "spec", "template", "metadata", "labels");
    const wanted = at(deployment, "spec", "selector", "matchLabels");
    assert.deepEqual({ ...(labels as object), ...(wanted as object) }, labels);
    assert.equal((labels as Record<string, string>)["team"], "a");
  });

  it("ask for no right to write outside the namespace where the server does not restore", () => {
    const rules = rulesOf(rendered({ restores: false }), "ClusterRole");
    assert.deepEqual(verbsOn(rules, "*"), new Set(["get", "list", "watch"]));
    assert.deepEqual(
      rules.flatMap(({ resources }) => resources),
      [
        ...["*", "pods/exec", "volumesnapshots", "volumesnapshotcontents"],
        ...["volumegroupsnapshots", "volumegroupsnapshotcontents"],
      ],
    );
    assert.ok(verbsOn(rulesOf(rendered(), "ClusterRole"), "*").has("create"));
  });

  it("never ask for all verbs, for impersonation or to delete whole collections", () => {
    for (const kind of ["ClusterRole", "Role"]) {
      const verbs = rulesOf(rendered(), kind).flatMap((rule) => rule.verbs);
      for (const verb of ["*", "impersonate", "deletecollection"]) {
        assert.ok(!verbs.includes(verb), `${kind}: ${verb}`);
      }
    }
  });

  it("let the namespace's role renew one Lease and delete none", () => {
    const verbs = verbsOn(rulesOf(rendered(), "Role"), "leases");
    assert.deepEqual(verbs, new Set(["create", "get", "list", "watch", "update"]));
  });

  it("make neither account nor rights for an account that is there", () => {
    const manifests = rendered({ serviceAccountName: "theirs" });
    assert.deepEqual(
      manifests.filter(({ kind }) => /Role|ServiceAccount/.test(kind)),
      [],
    );
    assert.equal(
      at(find(manifests, "Deployment"), "spec", "template", "spec", "serviceAccountName"),
      "theirs",
    );
  });

  it("give the cluster's objects names of their own for each namespace", () => {
    const names = (namespace: string): readonly string[] =>
      rendered({ namespace })
        .filter(({ metadata }) => metadata.namespace === undefined)
        .map(({ metadata }) => metadata.name);
    assert.deepEqual(
      names("a").filter((name) => names("b").includes(name)),
      [],
    );
  });

  it("keep credentials in a Secret that the location names, and make none without credentials", () => {
    const credential = Buffer.from("[default]\nkey=x\n");
    const manifests = rendered({ location: { ...location, credential } });
    const secret = find(manifests, "Secret");
    assert.equal(
      Buffer.from(String(at(secret, "data", "cloud")), "base64").toString(),
      "[default]\nkey=x\n",
    );
    assert.deepEqual(at(find(manifests, "BackupStorageLocation"), "spec"), {
      provider: "aws",
      default: true,
      objectStorage: { bucket: "b", prefix: "p" },
      config: { region: "r" },
      credential: { name: secret.metadata.name, key: "cloud" },
    });
    assert.ok(!rendered({ location }).some(({ kind }) => kind === "Secret"));
  });

  it("open the port of downloads and give the right to its Secrets, or neither", () => {
    const [whole, without] = [rendered(), rendered({ downloads: false })];
    const secrets = (manifests: readonly Manifest[]) => [
      ...verbsOn(rulesOf(manifests, "Role"), "secrets"),
    ];
    assert.deepEqual(secrets(whole), ["get", "create", "update"]);
    assert.deepEqual(secrets(without), ["get"]);
    for (const kind of ["Service", "NetworkPolicy", "Deployment"]) {
      assert.match(JSON.stringify(find(whole, kind)), /"downloads"/, kind);
      assert.doesNotMatch(JSON.stringify(find(without, kind)), /downloads|download-address/, kind);
    }
  });

  it("leave out requests and limits of 0", () => {
    const resources = { cpuRequest: "0", memoryRequest: "1Gi", cpuLimit: "0", memoryLimit: "0" };
    const text = JSON.stringify(find(rendered({ resources }), "Deployment"));
    assert.ok(text.includes('"resources":{"requests":{"memory":"1Gi"},"limits":{}}'));
  });
});
