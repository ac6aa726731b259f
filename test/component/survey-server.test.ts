import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { commonLabels } from "../../src/install/manifests/manifest.ts";
import { serverManifests } from "../../src/install/manifests/server-manifests.ts";
import { serverRequest } from "../../src/install/manifests/server-request.ts";
import { surveyServer } from "../../src/install/survey-server.ts";
import {
  downloadAuthorityName,
  downloadSecretName,
} from "../../src/server/downloads/download-secret.ts";
import { tallyName } from "../../src/server/metrics/keep-tally.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import { plainAccess } from "../support/plain-access.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

const namespace = "ark-ts";
const inNamespace = (kind: string, name: string, labels = {}, apiVersion = "v1") => ({
  ...{ apiVersion, kind },
  metadata: { name, namespace, labels },
});

describe("surveyServer()", () => {
  it("takes what an installation and its server made, and nothing that only has their labels", async () => {
    const server = createApiServer();
    const clock = createVirtualClock({ jump: true });
    const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
    const location = { provider: "aws", bucket: "b", prefix: "", config: {} };
    const credential = Buffer.from("key");
    const request = serverRequest({
      ...{ image: "i", version: "1", location: { ...location, credential } },
    });
    const made = serverManifests(request).filter(({ kind }) => kind !== "BackupStorageLocation");
    for (const manifest of made) server.seed(JSON.stringify(manifest));
    server.seed(inNamespace("Lease", "ark-ts", {}, "coordination.k8s.io/v1"));
    server.seed(inNamespace("ConfigMap", tallyName, { "app.kubernetes.io/name": "ark-ts" }));
    server.seed(inNamespace("ConfigMap", "a-copy", { "ark-ts.dev/copy-of": "schedules" }));
    server.seed(inNamespace("Secret", downloadSecretName, commonLabels("1")));
    server.seed(inNamespace("Secret", downloadAuthorityName, commonLabels("1")));
    server.seed(inNamespace("Secret", "mine", commonLabels("1")));
    server.seed(inNamespace("ConfigMap", "mine", { "app.kubernetes.io/name": "ark-ts" }));
    server.seed(inNamespace("Secret", "copy", { "ark-ts.dev/copy-of": "schedules" }));
    const survey = await surveyServer(cluster, namespace, new AbortController().signal);
    assert.equal(survey.deployment?.name, "ark-ts");
    assert.deepEqual([...survey.others].sort(), ["ConfigMap mine", "Secret copy", "Secret mine"]);
    const found = survey.objects.map(({ kind, name }) => `${kind.kind} ${name}`).sort();
    const apart = ["Namespace", "Deployment"];
    const expected = made
      .filter(({ kind }) => !apart.includes(kind))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const secrets = [downloadSecretName, downloadAuthorityName].map((name) => `Secret ${name}`);
    const own = ["Lease ark-ts", `ConfigMap ${tallyName}`, "ConfigMap a-copy", ...secrets];
    assert.deepEqual(found, [...expected, ...own].sort());
  });
});
