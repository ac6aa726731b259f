import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../../../../src/api/labels.ts";
import { podSpecPaths } from "../../../../../src/domain/pod-specs.ts";
import { applyChanges, unusedChanges } from "../../../../../src/domain/restore/changes.ts";
import { mapImageParts } from "../../../../../src/domain/restore/mappings/map-images.ts";
import { mappingsOfAnnotations } from "../../../../../src/domain/restore/mappings/mappings-of-annotations.ts";
import { valueAt, withValue } from "../../../../../src/lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../../../../src/lib/json-text.ts";

const given = (annotation: string, pairs: Readonly<Record<string, string>>) => ({
  mappings: mappingsOfAnnotations({ [annotation]: JSON.stringify(pairs) }),
});
const registries = (pairs: Readonly<Record<string, string>>) =>
  given(annotations.registryMappings, pairs);
const pod = (image: string): JsonObject => ({ spec: { containers: [{ image }] } });
const imageOf = (object: JsonObject): JsonValue | undefined =>
  (valueAt(object, ["spec", "containers"]) as readonly JsonObject[])[0]?.["image"];

describe("--image-registry-mappings", () => {
  const pairs = {
    "docker.io": "m.example/hub",
    "quay.io": "m.example/quay",
    "quay.io/team": "t.example:5000",
  };
  const cases: readonly (readonly [string, string])[] = [
    ["nginx", "m.example/hub/library/nginx"],
    ["nginx:1.25", "m.example/hub/library/nginx:1.25"],
    ["bitnami/redis:7", "m.example/hub/bitnami/redis:7"],
    ["docker.io/library/nginx", "m.example/hub/library/nginx"],
    ["index.docker.io/library/nginx", "m.example/hub/library/nginx"],
    ["quay.io/other/x@sha256:00", "m.example/quay/other/x@sha256:00"],
    ["quay.io/team/web:2", "t.example:5000/web:2"],
    ["quay.io/teams/web:2", "m.example/quay/teams/web:2"],
    ["gcr.io/docker.io/x", "gcr.io/docker.io/x"],
    ["localhost:5000/x", "localhost:5000/x"],
    ["localhost/x", "localhost/x"],
  ];
  for (const [from, to] of cases) {
    it(`makes ${from} ${from === to ? "stay" : to}`, () => {
      const { object, changedBy } = applyChanges(pod(from), "pods", registries(pairs));
      assert.equal(imageOf(object), to);
      assert.equal(changedBy.length, from === to ? 0 : 1);
    });
  }

  for (const [resource, path] of podSpecPaths) {
    it(`applies to all containers of ${resource}`, () => {
      const lists = (image: string): JsonObject => ({
        containers: [
          { name: "a", image },
          { name: "b", image },
        ],
        initContainers: [{ image }],
        ephemeralContainers: [{ image }],
      });
      const object = withValue({}, path, lists("quay.io/x"));
      const changed = applyChanges(object, resource, registries(pairs));
      assert.deepEqual(changed.object, withValue({}, path, lists("m.example/quay/x")));
      assert.deepEqual(changed.changedBy, ["--image-registry-mappings quay.io=m.example/quay"]);
    });
  }

  it("leaves custom resources alone, whatever they look like", () => {
    const object = pod("quay.io/x");
    assert.equal(applyChanges(object, "pods.example.io", registries(pairs)).object, object);
  });

  for (const wrong of ["nginx", "team/web", "quay.io/", "quay.io/a b"]) {
    it(`refuses ${JSON.stringify(wrong)} as a registry`, () => {
      assert.throws(() => registries({ [wrong]: "m.example" }), { code: "ARK_USAGE" });
      assert.throws(() => registries({ "m.example": wrong }), { code: "ARK_USAGE" });
    });
  }
});

describe("Velero's ConfigMap of image names", () => {
  const mapping = mapImageParts(
    {
      case1: "1.1.1.1:5000,2.2.2.2:3000",
      case2: " abc:test , edf:test",
      no: "nothing",
      none: "x,",
    },
    "ConfigMap velero/images",
  );
  const cases: readonly (readonly [string, string])[] = [
    ["1.1.1.1:5000/abc:test", "2.2.2.2:3000/abc:test"],
    ["3.3.3.3/abc:test", "3.3.3.3/edf:test"],
    ["nothing", "nothing"],
    ["x", "x"],
  ];
  for (const [from, to] of cases) {
    it(`makes ${from} ${from === to ? "stay" : to}`, () => {
      assert.equal(imageOf(applyChanges(pod(from), "pods", { mappings: [mapping] }).object), to);
    });
  }
});

describe("--storage-class-mappings", () => {
  const changes = given(annotations.storageClassMappings, { fast: "slow" });
  const claim = (name: string): JsonObject => ({ spec: { storageClassName: name } });
  const old = (name: string): JsonObject => ({
    metadata: { annotations: { "volume.beta.kubernetes.io/storage-class": name } },
  });
  const cases: readonly (readonly [string, string, JsonObject, JsonObject])[] = [
    ["a claim", "persistentvolumeclaims", claim("fast"), claim("slow")],
    ["a volume", "persistentvolumes", claim("fast"), claim("slow")],
    ["the old annotation", "persistentvolumeclaims", old("fast"), old("slow")],
    [
      "the claims of a StatefulSet",
      "statefulsets.apps",
      { spec: { volumeClaimTemplates: [claim("fast"), claim("other")] } },
      { spec: { volumeClaimTemplates: [claim("slow"), claim("other")] } },
    ],
    [
      "the claim of an ephemeral volume",
      "pods",
      { spec: { volumes: [{ ephemeral: { volumeClaimTemplate: claim("fast") } }] } },
      { spec: { volumes: [{ ephemeral: { volumeClaimTemplate: claim("slow") } }] } },
    ],
  ];
  for (const [title, resource, object, expected] of cases) {
    it(`maps ${title}`, () => {
      assert.deepEqual(applyChanges(object, resource, changes).object, expected);
    });
  }

  it("leaves other classes, no class and other kinds alone", () => {
    for (const object of [claim("other"), { spec: {} }, claim("")]) {
      assert.equal(applyChanges(object, "persistentvolumeclaims", changes).object, object);
    }
    const other = claim("fast");
    assert.equal(applyChanges(other, "widgets.example.io", changes).object, other);
  });
});

describe("--host-mappings", () => {
  const changes = given(annotations.hostMappings, {
    "example.com": "dr.example.net",
    "shop.example.com": "store.example.net",
  });
  const ingress = (...hosts: string[]): JsonObject => ({
    spec: { rules: hosts.map((host) => ({ host })), tls: [{ hosts, secretName: "t" }] },
  });
  it("maps names, what ends in them, and wildcards of an Ingress", () => {
    const before = ingress(
      "example.com",
      "a.example.com",
      "*.example.com",
      "shop.example.com",
      "notexample.com",
    );
    const after = ingress(
      "dr.example.net",
      "a.dr.example.net",
      "*.dr.example.net",
      "store.example.net",
      "notexample.com",
    );
    const changed = applyChanges(before, "ingresses.networking.k8s.io", changes);
    assert.deepEqual(changed.object, after);
    assert.deepEqual(changed.changedBy, [
      "--host-mappings example.com:dr.example.net",
      "--host-mappings shop.example.com:store.example.net",
    ]);
  });
  const others: readonly (readonly [string, JsonObject, JsonObject])[] = [
    [
      "routes.route.openshift.io",
      { spec: { host: "example.com" } },
      { spec: { host: "dr.example.net" } },
    ],
    [
      "httproutes.gateway.networking.k8s.io",
      { spec: { hostnames: ["example.com"] } },
      { spec: { hostnames: ["dr.example.net"] } },
    ],
    [
      "gateways.gateway.networking.k8s.io",
      { spec: { listeners: [{ hostname: "*.example.com" }, { port: 1 }] } },
      { spec: { listeners: [{ hostname: "*.dr.example.net" }, { port: 1 }] } },
    ],
  ];
  for (const [resource, before, after] of others) {
    it(`maps ${resource}`, () => {
      assert.deepEqual(applyChanges(before, resource, changes).object, after);
    });
  }
});

describe("unusedChanges()", () => {
  it("names each pair that applied to nothing", () => {
    const changes = registries({ "quay.io": "a.example", "gcr.io": "b.example" });
    const { changedBy } = applyChanges(pod("quay.io/x"), "pods", changes);
    const findings = unusedChanges(changes, new Set(changedBy));
    assert.deepEqual(
      findings.map(({ code, severity, message }) => [severity, code, message]),
      [
        [
          "warning",
          "ARK_CHANGE_UNUSED",
          "--image-registry-mappings gcr.io=b.example applies to no object of this restore",
        ],
      ],
    );
  });
});
