import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createClientAssertion } from "../../../plugins/shared-azure/client-assertion.ts";
import { cloudOf } from "../../../plugins/shared-azure/clouds.ts";
import { openCredentials } from "../../../plugins/shared-azure/credentials.ts";
import { parseDotenv } from "../../../plugins/shared-azure/dotenv.ts";
import { chooseIdentity } from "../../../plugins/shared-azure/identity.ts";
import { createSystemClock } from "../../../src/adapters/clock/system-clock.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "ark-azure-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("parseDotenv()", () => {
  it("reads bare, quoted and exported values, comments and values over several lines", () => {
    const text = [
      "# of Velero's own documentation",
      "AZURE_TENANT_ID=t-1",
      "export AZURE_CLIENT_ID = c-1  # the application",
      "AZURE_CLIENT_SECRET=a#b$C\\d~=",
      "SINGLE='a # \"b\" \\n'",
      'DOUBLE="a # \'b\'\\nc \\"d\\" \\$e"',
      "YAML: value",
      "EMPTY=",
      'PEM="-----BEGIN X-----',
      "abc",
      '-----END X-----"',
      "  LAST=z",
    ].join("\r\n");
    assert.deepEqual(parseDotenv(text), {
      values: {
        AZURE_TENANT_ID: "t-1",
        AZURE_CLIENT_ID: "c-1",
        AZURE_CLIENT_SECRET: "a#b$C\\d~=",
        SINGLE: 'a # "b" \\n',
        DOUBLE: "a # 'b'\nc \"d\" $e",
        YAML: "value",
        EMPTY: "",
        PEM: "-----BEGIN X-----\nabc\n-----END X-----",
        LAST: "z",
      },
      badLines: [],
    });
  });

  it("tells the numbers of lines that are none", () => {
    assert.deepEqual(parseDotenv("A=1\n[default]\n\nnothing\nB=2"), {
      values: { A: "1", B: "2" },
      badLines: [2, 4],
    });
  });
});

describe("openCredentials()", () => {
  it("reads a file again when it changed, and never falls back to the environment", async () => {
    const file = join(folder, "cloud");
    writeFileSync(file, "AZURE_CLIENT_ID=one\nAZURE_TENANT_ID=\n");
    const env = { AZURE_CREDENTIALS_FILE: file, AZURE_TENANT_ID: "of the environment" };
    const credentials = openCredentials(undefined, { env });
    const first = await credentials.read();
    assert.deepEqual(first.values, { AZURE_CLIENT_ID: "one" });
    assert.equal(await credentials.read(), first);
    writeFileSync(file, "AZURE_CLIENT_ID=two\n");
    utimesSync(file, 1, 1);
    const second = await credentials.read();
    assert.deepEqual(second.values, { AZURE_CLIENT_ID: "two" });
    assert.notEqual(second.stamp, first.stamp);
  });

  it("takes the file that the location names before that of the environment", async () => {
    const file = join(folder, "own");
    writeFileSync(file, "AZURE_CLIENT_ID=own");
    const { values, source } = await openCredentials(file, {
      env: { AZURE_CREDENTIALS_FILE: join(folder, "missing") },
    }).read();
    assert.deepEqual(values, { AZURE_CLIENT_ID: "own" });
    assert.equal(source, `file ${file}`);
  });

  it("reads the environment where no file is named", async () => {
    const env = { AZURE_CLIENT_ID: "here", AZURE_STORAGE_KEY: "" };
    assert.deepEqual((await openCredentials(undefined, { env }).read()).values, {
      AZURE_CLIENT_ID: "here",
    });
  });

  it("refuses a file that is missing or malformed, without telling what it holds", async () => {
    const missing = openCredentials(join(folder, "none"), { env: {} }).read();
    await assert.rejects(missing, (thrown) => hasCode(thrown, "ARK_CONFIG_INVALID"));
    const file = join(folder, "ini");
    writeFileSync(file, "[default]\nverySecret\n");
    await assert.rejects(openCredentials(file, { env: {} }).read(), (thrown) => {
      assert.ok(hasCode(thrown, "ARK_CONFIG_INVALID"));
      assert.match(thrown.message, /lines 1, 2 are not of the form KEY=value/);
      assert.doesNotMatch(thrown.message, /verySecret/);
      return true;
    });
  });
});

describe("chooseIdentity()", () => {
  const of = (values: Record<string, string>, env = {}) =>
    chooseIdentity({ values, source: "the environment", stamp: "" }, env);
  const who = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c" };
  const workload = { AZURE_FEDERATED_TOKEN_FILE: "/token", ...who };

  it("prefers secret, certificate, the pod's token, the machine's identity, in this order", () => {
    const secret = { ...who, AZURE_CLIENT_SECRET: "s", AZURE_CLIENT_CERTIFICATE: "pem" };
    assert.equal(of(secret, workload).kind, "secret");
    assert.deepEqual(of({ ...who, AZURE_CLIENT_CERTIFICATE_PATH: "/pem" }, workload), {
      kind: "certificate",
      tenant: "t",
      client: "c",
      certificate: { path: "/pem" },
      password: undefined,
      sendsChain: false,
    });
    assert.deepEqual(of({ AZURE_SUBSCRIPTION_ID: "s" }, workload), {
      kind: "workload",
      tenant: "t",
      client: "c",
      tokenFile: "/token",
    });
    assert.deepEqual(of({ AZURE_CLIENT_ID: "user-assigned" }), {
      kind: "managed",
      client: "user-assigned",
    });
    assert.deepEqual(of({}), { kind: "managed", client: undefined });
  });

  it("refuses a secret without its application", () => {
    assert.throws(
      () => of({ AZURE_CLIENT_SECRET: "s", AZURE_TENANT_ID: "t" }),
      /no AZURE_CLIENT_ID/,
    );
  });
});

describe("cloudOf()", () => {
  it("knows the clouds by Velero's names in any case, and refuses others", () => {
    assert.equal(cloudOf(undefined).storageSuffix, "core.windows.net");
    assert.equal(cloudOf("AZUREUSGOVERNMENTCLOUD").storageSuffix, "core.usgovcloudapi.net");
    assert.equal(cloudOf("AzureChinaCloud").authority, "https://login.chinacloudapi.cn");
    assert.throws(() => cloudOf("AzureGermanCloud"), /no cloud of Azure/);
  });
});

describe("createClientAssertion()", () => {
  const pemFile = join(folder, "pair.pem");
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      pemFile,
      "-subj",
      "/CN=ark",
      "-days",
      "2",
      "-out",
      `${pemFile}.crt`,
    ],
    { stdio: "ignore" },
  );
  const certificate = readFileSync(`${pemFile}.crt`, "utf8");
  const pem = readFileSync(pemFile, "utf8") + certificate;
  const request = {
    pem,
    password: undefined,
    sendsChain: true,
    client: "c",
    audience: "https://a",
  };

  it("signs who asks for what with the certificate's key, PS256", () => {
    const [head = "", claims = "", signature = ""] = createClientAssertion(
      request,
      createSystemClock(),
    ).split(".");
    const decode = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
    const { alg, x5c } = decode(head);
    assert.equal(alg, "PS256");
    assert.equal(x5c.length, 1);
    const { aud, iss, sub, exp, nbf } = decode(claims);
    assert.deepEqual([aud, iss, sub], ["https://a", "c", "c"]);
    assert.ok(exp > nbf);
    const key = { key: createPublicKey(certificate), padding: 6, saltLength: 32 };
    const signed = Buffer.from(`${head}.${claims}`);
    assert.ok(verify("sha256", signed, key, Buffer.from(signature, "base64url")));
  });

  it("refuses what holds no key, or no certificate of it", () => {
    const refused = (text: string) =>
      assert.throws(
        () => createClientAssertion({ ...request, pem: text }, createSystemClock()),
        (thrown) => hasCode(thrown, "ARK_CONFIG_INVALID"),
      );
    refused(certificate);
    refused(readFileSync(pemFile, "utf8"));
    refused("PKCS#12");
  });
});
