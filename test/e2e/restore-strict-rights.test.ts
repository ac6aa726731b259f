import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createNamespace, untilAllowed } from "../support/new-namespace.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";

const namespace = uniqueNamespace("strict");
const core = `/api/v1/namespaces/${namespace}`;
const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
const apiGroup = "rbac.authorization.k8s.io";

describe("ark-ts restore create by a user with rights in one namespace", {
  skip: await whyNoTestbed(),
}, () => {
  let client: KubeClient;
  let ark: Ark;
  const make = (path: string, name: string, rest: object = {}) =>
    client.demand("POST", path, JSON.stringify({ metadata: { name }, ...rest }));
  const allow = async (
    user: string,
    resources: readonly string[],
    verbs: readonly string[] = ["*"],
  ): Promise<void> => {
    const rules = [{ apiGroups: ["*"], resources, verbs }];
    await make(`${rbac}/roles`, user, { rules });
    const subjects = [{ kind: "User", name: user, apiGroup }];
    const roleRef = { apiGroup, kind: "Role", name: user };
    await make(`${rbac}/rolebindings`, user, { subjects, roleRef });
    for (const verb of verbs) {
      for (const resource of resources) {
        await untilAllowed(client, user, { namespace, verb, resource });
      }
    }
  };
  const restore = (user: string, name: string, ...more: readonly string[]) =>
    ark.run("restore", "create", name, "--from-backup", "b", "--as", user, "--strict", ...more);
  const isThere = async (place: string): Promise<boolean> =>
    (await client.get(`${core}/${place}`)) !== undefined;

  before(async () => {
    const { kubeconfig } = await sharedControlPlane();
    client = connectKube(kubeconfig);
    ark = createArk(kubeconfig);
    await createNamespace(client, namespace);
    await make(`${core}/configmaps`, "settings", { data: { a: "1" } });
    await make(`${core}/secrets`, "key", { data: { k: "dmFsdWU=" } });
    await ark.ok("backup", "create", "b", "--include-namespaces", namespace);
    await allow("owner", ["*"]);
    await allow("maps-only", ["configmaps"]);
    for (const place of ["configmaps/settings", "secrets/key"]) {
      await client.demand("DELETE", `${core}/${place}`);
    }
  });
  after(async () => {
    await client?.demand("DELETE", `/api/v1/namespaces/${namespace}`).catch(() => {});
    ark?.remove();
    await client?.close();
  });

  it("deletes nothing with policy recreate where the user may delete and not create", async () => {
    await allow("deleter", ["configmaps", "namespaces"], ["get", "list", "delete", "patch"]);
    await make(`${core}/configmaps`, "settings", { data: { a: "changed" } });
    const before = (await client.get(`${core}/configmaps/settings`))?.toString();
    const { status, stdout } = await ark.run(
      ...["restore", "create", "rd", "--from-backup", "b", "--as", "deleter"],
      ...["--include-objects", `cm/${namespace}/settings`],
      ...["--existing-resource-policy", "recreate"],
    );
    assert.equal(status, 3, stdout);
    assert.match(stdout, /settings" could not be restored: it differs, and was neither deleted/);
    assert.match(stdout, /this user may not create configmaps in namespace/);
    assert.match(stdout, /kubectl auth can-i create configmaps -n/);
    assert.equal((await client.get(`${core}/configmaps/settings`))?.toString(), before);
    await client.demand("DELETE", `${core}/configmaps/settings`);
  });

  it("goes on by an administrator with what a user began who may not read kube-system", async () => {
    const file = `${ark.home}/plan.json`;
    const what = ["--include-objects", `cm/${namespace}/settings`];
    const owner = ["--as", "maps-only"];
    await ark.ok("restore", "plan", "--from-backup", "b", ...what, ...owner, "-o", file);
    await ark.ok("restore", "create", "of-user", "--plan", file);
    assert.ok(await isThere("configmaps/settings"));
    await ark.ok("restore", "undo", "of-user", "--confirm");
    assert.equal(await isThere("configmaps/settings"), false);
    await ark.ok("restore", "create", "by-user", "--from-backup", "b", ...what, ...owner);
    // By the address of the API server it is known to be the same cluster, either way.
    const again = await ark.ok("restore", "undo", "of-user", ...owner, "--confirm");
    assert.match(again, /restore of-user: nothing was left to be undone/);
    assert.ok(await isThere("configmaps/settings"));
    await ark.ok("restore", "undo", "by-user", "--confirm");
    assert.equal(await isThere("configmaps/settings"), false);
  });

  it("is undone by a user who may list no claims", async () => {
    const what = ["--include-objects", `cm/${namespace}/settings`, "--as", "maps-only"];
    await ark.ok("restore", "create", "narrow", "--from-backup", "b", ...what);
    await ark.ok("restore", "undo", "narrow", "--as", "maps-only", "--confirm");
    assert.equal(await isThere("configmaps/settings"), false);
  });

  it("writes nothing, with --strict, where one kind is forbidden, and names what is, and the right", async () => {
    const { status, stderr } = await restore("maps-only", "r1");
    assert.equal(status, 1, stderr);
    assert.match(
      stderr,
      /with --strict nothing was restored[\s\S]*secrets "\S+\/key": .*forbids it/,
    );
    assert.match(stderr, /restore plan --as maps-only --details[\s\S]*ARK_RESTORE_BLOCKED/);
    assert.equal(await isThere("configmaps/settings"), false);
  });

  it("writes nothing, with --strict, into a namespace that the user could not make", async () => {
    const mapping = `${namespace}:${namespace}-copy`;
    const { status, stderr } = await restore("owner", "r2", "--namespace-mappings", mapping);
    assert.equal(status, 1, stderr);
    assert.equal(await client.get(`/api/v1/namespaces/${namespace}-copy`), undefined);
  });

  it("restores all, with --strict, where the rights suffice, though the cluster cannot be looked at", async () => {
    const narrow = await restore("maps-only", "r3", "--include-resources", "configmaps");
    assert.equal(narrow.status, 0, narrow.stderr);
    assert.ok(await isThere("configmaps/settings"));
    const { status, stderr } = await restore("owner", "r4");
    assert.equal(status, 0, stderr);
    assert.ok(await isThere("secrets/key"));
  });
});
