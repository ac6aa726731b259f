import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { renewalTime } from "../../../../../src/adapters/kube/credentials/exec-credential.ts";

const received = new Date("2026-11-20T12:00:00Z");
const later = (seconds: number): Date => new Date(received.getTime() + seconds * 1000);

describe("renewalTime()", () => {
  it("is never for a credential without an end", () => {
    assert.equal(renewalTime(received, undefined), undefined);
  });

  it("is a minute before the end, and half time of a life under two minutes", () => {
    assert.deepEqual(renewalTime(received, later(900)), later(840));
    assert.deepEqual(renewalTime(received, later(120)), later(60));
    assert.deepEqual(renewalTime(received, later(10)), later(5));
  });

  it("is at once for a credential that came expired", () => {
    assert.deepEqual(renewalTime(received, later(-5)), received);
  });

  it("lies between receipt and end for every life", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seconds) => {
        const at = renewalTime(received, later(seconds));
        assert.ok(at !== undefined && at >= received && at < later(seconds));
      }),
    );
  });
});
