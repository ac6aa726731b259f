import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { redactObject, removeSecrets } from "../../../../src/domain/redaction/redact-object.ts";

const shown = (object: unknown): string => JSON.stringify(redactObject(object).object);

describe("redactObject()", () => {
  const planted: readonly (readonly [string, object])[] = [
    ["the settings of a location", { spec: { config: { accountKey: "hunter2hunter2" } } }],
    [
      "an environment variable",
      { spec: { env: [{ name: "AWS_SECRET", value: "hunter2hunter2" }] } },
    ],
    ["a password in a URL", { spec: { config: { s3Url: "https://me:hunter2hunter2@host" } } }],
    [
      "what kubectl keeps in an annotation",
      {
        metadata: {
          annotations: {
            "kubectl.kubernetes.io/last-applied-configuration": '{"data":{"p":"hunter2hunter2"}}',
          },
        },
      },
    ],
    ["the data of a Secret", { kind: "Secret", data: { p: "hunter2hunter2" } }],
    ["the data of a Secret in a list", [{ kind: "Secret", stringData: { p: "hunter2hunter2" } }]],
    ["a signed URL", { status: { downloadURL: "https://x?sig=hunter2hunter2" } }],
    [
      "an argument of a hook",
      {
        spec: {
          hooks: { resources: [{ pre: [{ exec: { command: ["mysql", "-phunter2hunter2"] } }] }] },
        },
      },
    ],
    [
      "an argument of a container that a hook puts into pods",
      { spec: { hooks: { init: { initContainers: [{ args: ["hunter2hunter2"] }] } } } },
    ],
    [
      "an annotation that is called a token",
      { metadata: { annotations: { "x/token": "hunter2hunter2" } } },
    ],
  ];
  for (const [what, object] of planted) {
    it(`takes out ${what}`, () => assert.doesNotMatch(shown(object), /hunter2/));
  }

  it("keeps what tells where things are", () => {
    const object = {
      metadata: { name: "n", annotations: { note: "kept" } },
      spec: {
        config: { region: "eu", s3Url: "https://host" },
        credential: { name: "minio", key: "cloud" },
        env: [
          { name: "VELERO_NAMESPACE", value: "ark-ts" },
          { name: "KEY", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
        ],
        volumes: [{ secret: { secretName: "minio" } }],
      },
    };
    assert.deepEqual(redactObject(object).object, object);
  });
});

describe("removeSecrets()", () => {
  it("takes them out of texts, also in base64 and as JSON has them", () => {
    const { secrets } = redactObject({ spec: { config: { accountKey: 'hunter2"hunter2' } } });
    const text = `a hunter2"hunter2 b hunter2\\"hunter2 c ${Buffer.from('hunter2"hunter2').toString("base64")}`;
    assert.equal(removeSecrets(text, secrets), "a [removed] b [removed] c [removed]");
  });

  it("leaves words alone that are too short to be told from others", () => {
    const { secrets } = redactObject({ spec: { env: [{ name: "LEVEL", value: "info" }] } });
    assert.equal(removeSecrets("level info", secrets), "level info");
  });
});
