import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Manifest } from "../../../src/format/manifest.ts";
import { decodeManifest, encodeManifest } from "../../../src/format/manifest-codec.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const hex = (digit: string): string => digit.repeat(64);

const manifest: Manifest = {
  formatVersion: 1,
  requiredFeatures: [],
  backup: "nightly",
  runUid: "7f3c",
  engineVersion: "0.1.0",
  normalForm: 1,
  cluster: { id: "c", idSource: "kube-system-uid", gitVersion: "v1.34.2" },
  planSha256: hex("a"),
  cuts: [{ resourceVersion: "48211", takenAt: "2026-01-02T03:04:05Z" }],
  kinds: [
    {
      resource: "configmaps",
      version: "v1",
      kind: "ConfigMap",
      namespaced: true,
      count: 2,
      resourceVersion: "48211",
      oneRevision: true,
      cut: 0,
      names: ["cm"],
    },
    {
      resource: "pods.metrics.k8s.io",
      version: "v1beta1",
      kind: "PodMetrics",
      namespaced: true,
      count: 0,
      resourceVersion: "",
      oneRevision: false,
      reason: "served by an aggregated API",
    },
  ],
  archive: {
    key: "backups/nightly/nightly.tar.gz",
    sizeBytes: 30,
    sha256: hex("b"),
    parts: [
      { sizeBytes: 20, sha256: hex("c") },
      { sizeBytes: 10, sha256: hex("d") },
    ],
    members: [
      { offset: 0, sizeBytes: 12, inflatedBytes: 1024, resource: "" },
      { offset: 12, sizeBytes: 18, inflatedBytes: 4096, resource: "configmaps" },
    ],
  },
  files: [{ name: "ark-index.ndjson.gz", sizeBytes: 99, sha256: hex("e") }],
  sealSha256: hex("f"),
};

const golden = `{
  "formatVersion": 1,
  "requiredFeatures": [],
  "backup": "nightly",
  "runUid": "7f3c",
  "engineVersion": "0.1.0",
  "normalForm": 1,
  "cluster": {"id":"c","idSource":"kube-system-uid","gitVersion":"v1.34.2"},
  "planSha256": "${hex("a")}",
  "cuts": [
    {"resourceVersion":"48211","takenAt":"2026-01-02T03:04:05Z"}
  ],
  "kinds": [
    {"resource":"configmaps","version":"v1","kind":"ConfigMap","namespaced":true,"count":2,"resourceVersion":"48211","oneRevision":true,"cut":0,"names":["cm"]},
    {"resource":"pods.metrics.k8s.io","version":"v1beta1","kind":"PodMetrics","namespaced":true,"count":0,"resourceVersion":"","oneRevision":false,"reason":"served by an aggregated API"}
  ],
  "archive": {
    "key": "backups/nightly/nightly.tar.gz",
    "sizeBytes": 30,
    "sha256": "${hex("b")}",
    "parts": [
      {"sizeBytes":20,"sha256":"${hex("c")}"},
      {"sizeBytes":10,"sha256":"${hex("d")}"}
    ],
    "members": [
      {"offset":0,"sizeBytes":12,"inflatedBytes":1024,"resource":""},
      {"offset":12,"sizeBytes":18,"inflatedBytes":4096,"resource":"configmaps"}
    ]
  },
  "files": [
    {"name":"ark-index.ndjson.gz","sizeBytes":99,"sha256":"${hex("e")}"}
  ],
  "sealSha256": "${hex("f")}"
}
`;

/** The manifest as JSON with one value replaced; `path` such as `archive.parts.0.sizeBytes`. */
function altered(path: string, value: unknown): Buffer {
  const copy = JSON.parse(golden);
  const keys = path.split(".");
  const last = keys.pop()!;
  const holder = keys.reduce((at, key) => at[key], copy);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return Buffer.from(JSON.stringify(copy));
}

const plugins = [
  { kind: "BackupItemAction", name: "a.io/b", program: "/p", version: "v1.2.3", sha256: hex("b") },
  { kind: "VolumeSnapshotter", name: "a.io/c", program: "/p", sha256: hex("b") },
];

describe("plugins in a manifest", () => {
  it("are read back as they were written, and may be absent", () => {
    const whole = { ...manifest, plugins };
    assert.deepEqual(decodeManifest(encodeManifest(whole), "nightly").plugins, plugins);
    assert.equal(decodeManifest(encodeManifest(manifest), "nightly").plugins, undefined);
  });

  it("are refused without the digest of their program", () => {
    const [{ sha256: _, ...rest } = {}] = plugins;
    const text = encodeManifest({ ...manifest, plugins }).toString();
    const broken = { ...JSON.parse(text), plugins: [rest] };
    assert.throws(
      () => decodeManifest(Buffer.from(JSON.stringify(broken)), "nightly"),
      (thrown) => hasCode(thrown, "ARK_BACKUP_FORMAT"),
    );
  });
});

describe("the manifest", () => {
  it("keeps versions of kinds, and refuses one of a kind or cut that it does not have", () => {
    const [configMaps] = manifest.kinds;
    const beta = { ...configMaps!, version: "v1beta1" };
    const withVersions = { ...manifest, versions: [beta] };
    assert.deepEqual(decodeManifest(encodeManifest(withVersions), "nightly"), withVersions);
    for (const wrong of [
      [configMaps!],
      [beta, beta],
      [{ ...beta, resource: "pods" }],
      [{ ...beta, cut: 1 }],
    ]) {
      assert.throws(
        () => encodeManifest({ ...manifest, versions: wrong }),
        (error) => hasCode(error, "ARK_BACKUP_DAMAGED"),
      );
    }
  });

  it("is written as the specification shows it, whatever the order of keys", () => {
    assert.equal(encodeManifest(manifest).toString(), golden);
    const shuffled = Object.fromEntries(Object.entries(manifest).reverse()) as unknown as Manifest;
    assert.equal(encodeManifest(shuffled).toString(), golden);
  });

  it("is read back as it was", () => {
    assert.deepEqual(decodeManifest(Buffer.from(golden), "nightly"), manifest);
    const more = altered("later", { a: 1 });
    assert.deepEqual(decodeManifest(more, "nightly"), manifest);
  });

  it("is refused where it needs what this version lacks, and says what that is", () => {
    for (const [path, value, said] of [
      ["requiredFeatures", ["encryption-v1"], /encryption-v1/],
      ["formatVersion", 2, /format 2/],
      ["normalForm", 2, /normalForm/],
    ] as const) {
      assert.throws(
        () => decodeManifest(altered(path, value), "nightly"),
        (error) => hasCode(error, "ARK_BACKUP_FORMAT") && said.test(error.message),
      );
    }
  });

  it("is refused where any field is missing or of a wrong type", () => {
    const optional = ["kinds.0.cut", "kinds.0.names"];
    const paths = Object.keys(manifest)
      .concat(Object.keys(manifest.archive).map((key) => `archive.${key}`))
      .concat(Object.keys(manifest.cluster).map((key) => `cluster.${key}`))
      .concat(Object.keys(manifest.archive.members[0]!).map((key) => `archive.members.0.${key}`))
      .concat(Object.keys(manifest.archive.parts[0]!).map((key) => `archive.parts.0.${key}`))
      .concat(Object.keys(manifest.kinds[0]!).map((key) => `kinds.0.${key}`))
      .concat(Object.keys(manifest.files[0]!).map((key) => `files.0.${key}`));
    for (const path of paths) {
      for (const value of [undefined, null, { a: 1 }, -1, 1.5, [[]]]) {
        if (value === undefined && optional.includes(path)) continue;
        assert.throws(
          () => decodeManifest(altered(path, value), "nightly"),
          (error) => hasCode(error, "ARK_BACKUP_FORMAT") || hasCode(error, "ARK_BACKUP_DAMAGED"),
          `${path} = ${JSON.stringify(value)}`,
        );
      }
    }
    for (const text of ["", "[]", "null", "{"]) {
      assert.throws(
        () => decodeManifest(Buffer.from(text), "nightly"),
        (error) => hasCode(error, "ARK_BACKUP_FORMAT"),
      );
    }
  });

  it("is refused where it contradicts itself", () => {
    for (const [path, value] of [
      ["backup", "other"],
      ["archive.key", "backups/other/other.tar.gz"],
      ["archive.sizeBytes", 31],
      ["archive.parts.0.sizeBytes", 21],
      ["archive.members.1.offset", 13],
      ["archive.members.1.sizeBytes", 17],
      ["archive.members.0.sizeBytes", 0],
      ["archive.members.1.resource", "secrets"],
      ["archive.members", []],
      ["kinds.0.cut", 1],
      ["kinds.1.resource", "configmaps"],
    ] as const) {
      assert.throws(
        () => decodeManifest(altered(path, value), "nightly"),
        (error) => hasCode(error, "ARK_BACKUP_DAMAGED"),
        path,
      );
    }
    const twice = { ...manifest, files: [...manifest.files, ...manifest.files] };
    assert.throws(
      () => encodeManifest(twice),
      (error) => hasCode(error, "ARK_BACKUP_DAMAGED"),
    );
  });

  it("is refused where it would have a reader allocate too much or leave its folder", () => {
    for (const [path, value] of [
      ["archive.members.1.inflatedBytes", 65 * 1024 * 1024],
      ["archive.members.1.sizeBytes", 2 ** 40],
      ["files.0.name", "../other/velero-backup.json"],
      ["files.0.name", "a/b"],
      ["files.0.name", ""],
    ] as const) {
      assert.throws(
        () => decodeManifest(altered(path, value), "nightly"),
        (error) => hasCode(error, "ARK_BACKUP_FORMAT"),
        path,
      );
    }
  });
});
