import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, describe, it } from "node:test";
import type { Connection } from "../../../../../src/adapters/kube/credentials/kubeconfig-entries.ts";
import {
  chooseKubeconfigFiles,
  readKubeconfigFiles,
} from "../../../../../src/adapters/kube/credentials/kubeconfig-files.ts";
import { kubeconfigOfContext } from "../../../../../src/adapters/kube/credentials/kubeconfig-of-context.ts";
import { loadKubeconfig } from "../../../../../src/adapters/kube/credentials/load-kubeconfig.ts";
import { selectConnection } from "../../../../../src/adapters/kube/credentials/select-connection.ts";
import { rejectsWithCode } from "../../../../support/store-testing.ts";

const root = mkdtempSync(join(tmpdir(), "ark-kubeconfig-"));
after(() => rmSync(root, { recursive: true, force: true }));

const write = (folder: string, name: string, document: object): string => {
  mkdirSync(join(root, folder), { recursive: true });
  const path = join(root, folder, name);
  writeFileSync(path, typeof document === "string" ? document : JSON.stringify(document));
  return path;
};
const first = write("a", "first", {
  "current-context": "one",
  contexts: [
    { name: "one", context: { cluster: "c", user: "u", namespace: "n" } },
    { name: "bare", context: { cluster: "d" } },
  ],
  clusters: [
    { name: "c", cluster: { server: "https://one:6443", "certificate-authority": "ca.crt" } },
    { name: "d", cluster: { server: "https://bare:6443", "insecure-skip-tls-verify": true } },
  ],
  users: [{ name: "u", user: { "client-certificate": "me.crt", "client-key": "/keys/me.key" } }],
});
const second = write("b", "second", {
  "current-context": "ignored",
  contexts: [
    { name: "one", context: { cluster: "hidden", user: "hidden" } },
    { name: "two", context: { cluster: "e", user: "v" } },
    { name: "three", context: { cluster: "e", user: "w" } },
  ],
  clusters: [
    { name: "e", cluster: { server: "https://two:6443", "certificate-authority-data": "Y2E=" } },
  ],
  users: [
    { name: "v", user: { tokenFile: "token", as: "old", "as-groups": ["g"] } },
    {
      name: "w",
      user: {
        exec: {
          apiVersion: "client.authentication.k8s.io/v1",
          command: "./bin/login",
          args: ["x"],
        },
      },
    },
  ],
});
const where = { env: { KUBECONFIG: [first, second].join(delimiter) }, homeDirectory: root };

async function connectionOf(kubeconfig: string, context?: string): Promise<Connection> {
  const choice = chooseKubeconfigFiles({ env: { KUBECONFIG: kubeconfig }, homeDirectory: root });
  return selectConnection(await loadKubeconfig(await readKubeconfigFiles(choice)), context);
}

async function written(how: Parameters<typeof kubeconfigOfContext>[0]): Promise<Connection> {
  const text = (await kubeconfigOfContext(how)) ?? assert.fail("there is none");
  return await connectionOf(write("elsewhere", "one-context", JSON.parse(text)));
}

describe("kubeconfigOfContext()", () => {
  for (const context of ["one", "two", "three", "bare"]) {
    it(`leads from another folder to where context ${context} does`, async () => {
      const meant = await connectionOf(where.env.KUBECONFIG, context);
      assert.deepEqual(await written({ ...where, context }), meant);
    });
  }

  it("takes the current context where none is named", async () => {
    assert.equal((await written(where)).context.name, "one");
  });

  it("is of whom somebody acts as", async () => {
    const impersonate = { user: "jane", groups: ["dev", "ops"] };
    for (const context of ["two", "bare"]) {
      const { user } = await written({ ...where, context, impersonate });
      assert.equal(user.impersonate.user, "jane");
      assert.deepEqual(user.impersonate.groups, ["dev", "ops"]);
    }
  });

  it("is refused for a context that is not there, and absent where there is no kubeconfig", async () => {
    await rejectsWithCode(
      kubeconfigOfContext({ ...where, context: "moon" }),
      "ARK_KUBECONFIG_INVALID",
    );
    const nowhere = { env: {}, homeDirectory: join(root, "nobody") };
    assert.equal(await kubeconfigOfContext(nowhere), undefined);
  });
});
