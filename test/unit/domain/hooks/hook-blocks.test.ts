import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { blocksOf } from "../../../../src/domain/hooks/hook-blocks.ts";

interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly claims: readonly string[];
}

const pod = (text: string): Pod => {
  const [place = "", claims = ""] = text.split(" ");
  const [namespace = "", name = ""] = place.split("/");
  return { namespace, name, claims: claims === "" ? [] : claims.split(",") };
};
const shape = (...texts: readonly string[]) =>
  blocksOf(texts.map(pod)).map((block) => block.map(({ name }) => name).join("+"));

describe("blocks of pods", () => {
  it("pods without claims stand alone, in their order", () => {
    assert.deepEqual(shape("a/1", "a/2", "a/3"), ["1", "2", "3"]);
  });
  it("a shared claim joins", () => {
    assert.deepEqual(shape("a/1 x", "a/2 y", "a/3 x"), ["1+3", "2"]);
  });
  it("a claim of the same name in another namespace does not", () => {
    assert.deepEqual(shape("a/1 x", "b/2 x"), ["1", "2"]);
  });
  it("pods are joined through others", () => {
    assert.deepEqual(shape("a/1 x", "a/2 y", "a/3 z", "a/4 z,y", "a/5 y,x"), ["1+2+3+4+5"]);
  });

  it("claims of one group join, within a namespace", () => {
    const groups: Readonly<Record<string, string>> = { "a/x": "g", "a/y": "g", "b/x": "g" };
    const pods = ["a/1 x", "a/2 z", "a/3 y,z", "b/4 x", "a/5 g"].map(pod);
    const blocks = blocksOf(
      pods,
      () => false,
      (namespace, claim) => groups[`${namespace}/${claim}`],
    );
    assert.deepEqual(
      blocks.map((block) => block.map(({ name }) => name).join("+")),
      ["1+2+3", "4", "5"],
    );
  });

  it("what relates pods otherwise joins them too, and through their claims others", () => {
    const relations: Readonly<Record<string, string>> = { "a/1": "r", "b/2": "r", "a/4": "s" };
    const pods = ["a/1", "b/2 x", "b/3 x", "a/4", "a/5"].map(pod);
    const blocks = blocksOf(
      pods,
      undefined,
      undefined,
      (one) => relations[`${one.namespace}/${one.name}`],
    );
    assert.deepEqual(
      blocks.map((block) => block.map(({ name }) => name).join("+")),
      ["1+2+3", "4", "5"],
    );
  });

  it("two pods are in one block exactly when a chain of shared claims leads from one to the other", () => {
    const anyPod = fc.record({
      namespace: fc.constantFrom("a", "b"),
      claims: fc.uniqueArray(fc.constantFrom("p", "q", "r", "s", "t"), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(anyPod, { maxLength: 12 }), (pods) => {
        const blockOf = new Map<object, number>();
        blocksOf(pods).forEach((block, index) => {
          for (const one of block) blockOf.set(one, index);
        });
        assert.equal(blockOf.size, pods.length);
        for (const from of pods) {
          const reached = new Set<object>([from]);
          for (let grew = true; grew; ) {
            grew = false;
            for (const to of pods) {
              const touches = (one: object) => {
                const { namespace, claims } = one as (typeof pods)[number];
                return namespace === to.namespace && claims.some((c) => to.claims.includes(c));
              };
              if (!reached.has(to) && [...reached].some(touches)) {
                reached.add(to);
                grew = true;
              }
            }
          }
          for (const to of pods) {
            assert.equal(blockOf.get(from) === blockOf.get(to), reached.has(to));
          }
        }
      }),
    );
  });
});
