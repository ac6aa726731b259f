import assert from "node:assert/strict";
import { randomBytes, X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import {
  createDownloadSecret,
  parseDownloadSecret,
  renewDownloadSecret,
  toAuthoritySecret,
  toSecret,
} from "../../../../src/server/downloads/download-secret.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

const place = { namespace: "ark-ts", version: "1", resourceVersion: "" };
const dayMs = 86_400_000;
const random = (): Uint8Array => randomBytes(32);
const stored = (object: object): Buffer => Buffer.from(JSON.stringify(object));

describe("the keys of downloads", () => {
  it("come back from their Secret as they were", () => {
    const made = createDownloadSecret(createVirtualClock(), random);
    const read = parseDownloadSecret(stored(toSecret(made, place)));
    assert.deepEqual(read, {
      ...made,
      keys: made.keys.map((key) => ({ ...key, secret: Buffer.from(key.secret) })),
    });
  });

  it("are renewed after a day, and the one before still counts", async () => {
    const clock = createVirtualClock();
    const made = createDownloadSecret(clock, random);
    assert.equal(renewDownloadSecret(made, clock, random), undefined);
    await clock.advance(dayMs);
    const next = renewDownloadSecret(made, clock, random) ?? assert.fail("not renewed");
    assert.deepEqual(next.keys[1], made.keys[0]);
    assert.notEqual(next.keys[0]?.id, made.keys[0]?.id);
    assert.equal(next.authority, made.authority);
    await clock.advance(dayMs);
    const last = renewDownloadSecret(next, clock, random) ?? assert.fail("not renewed");
    assert.deepEqual(last.keys.slice(1), [next.keys[0]]);
  });

  it("have an authority that is renewed a year before its end", async () => {
    const clock = createVirtualClock();
    const made = createDownloadSecret(clock, random);
    const nearEnd = Date.parse(new X509Certificate(made.authority.cert).validTo) - 300 * dayMs;
    const later = { ...clock, now: () => new Date(nearEnd) };
    const next = renewDownloadSecret(made, later, random) ?? assert.fail("not renewed");
    assert.notEqual(next.authority.cert, made.authority.cert);
  });

  it("count as none where the Secret is damaged or empty", () => {
    const made = createDownloadSecret(createVirtualClock(), random);
    const whole = toSecret(made, place) as { readonly data: Record<string, string> };
    const short = Buffer.from(
      '{"since":"2030-01-01T00:00:00Z","keys":[{"id":"a","secret":"AAAA"}]}',
    );
    for (const change of [
      { "keys.json": "" },
      { "keys.json": short.toString("base64") },
      { "ca.crt": "AAAA" },
      { "ca.key": "" },
    ]) {
      const object = { ...whole, data: { ...whole.data, ...change } };
      assert.equal(parseDownloadSecret(stored(object)), undefined, JSON.stringify(change));
    }
    assert.equal(parseDownloadSecret(stored({ kind: "Secret" })), undefined);
  });

  it("are left out of backups, and the certificate for others stands without a key", () => {
    const made = createDownloadSecret(createVirtualClock(), random);
    for (const object of [toSecret(made, place), toAuthoritySecret(made, place)]) {
      const { metadata } = object as {
        readonly metadata: { readonly labels: Record<string, string> };
      };
      assert.equal(metadata.labels["velero.io/exclude-from-backup"], "true");
    }
    const { data } = toAuthoritySecret(made, place) as { readonly data: object };
    assert.deepEqual(Object.keys(data), ["ca.crt"]);
  });
});
