import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { RuleContext } from "../../../../src/domain/restore/rule.ts";
import {
  cleaningRules,
  cleanObject,
  keepLiveRules,
  leaveOutRules,
} from "../../../../src/domain/restore/rule-table.ts";
import type { StoredSnapshot } from "../../../../src/domain/volumes/csi/restored-snapshot.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";

interface GoldenCase {
  readonly title: string;
  readonly resource: string;
  readonly in: JsonObject;
  readonly out?: JsonObject;
  readonly leaveOut?: boolean;
  readonly keep?: boolean;
  readonly context?: {
    readonly namespaceMapping?: Readonly<Record<string, string>>;
    readonly preserveNodePorts?: boolean;
    readonly volumes?: Readonly<Record<string, "restore" | "provision">>;
    readonly snapshots?: Readonly<Record<string, StoredSnapshot>>;
    readonly restoredJobs?: readonly string[];
  };
}

const folder = "test/golden/restore-rules";
interface Golden {
  readonly rule: string;
  readonly cases: readonly GoldenCase[];
}

const namedGoldens = readdirSync(folder).map(
  (file) => [file, JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Golden] as const,
);
const goldens = namedGoldens.map(([, golden]) => golden);

function contextOf({ resource, context = {} }: GoldenCase): RuleContext {
  const mapping = context.namespaceMapping ?? {};
  return {
    resource,
    mapNamespace: (namespace) => mapping[namespace] ?? namespace,
    preserveNodePorts: context.preserveNodePorts === true,
    volumes: new Map(
      Object.entries(context.volumes ?? {}).map(([name, fate]) => {
        const snapshot = context.snapshots?.[name];
        return [name, { fate, claim: "", ...(snapshot === undefined ? {} : { snapshot }) }];
      }),
    ),
    restoredJobs: new Set(context.restoredJobs),
  };
}

describe("rules of restore", () => {
  it("have a file each, of the rule's name", () => {
    const files = readdirSync("src/domain/restore/rules").map((file) => file.replace(/\.ts$/, ""));
    assert.deepEqual(files.sort(), goldens.map(({ rule }) => rule).sort());
    for (const [file, { rule }] of namedGoldens) assert.equal(file, `${rule}.json`);
  });

  it("have a golden pair each, and no golden is without its rule", () => {
    const rules = [...cleaningRules, ...leaveOutRules, ...keepLiveRules].map(({ name }) => name);
    assert.deepEqual(goldens.map(({ rule }) => rule).sort(), rules.sort());
  });

  for (const { rule, cases } of goldens) {
    for (const one of cases) {
      it(`${rule} ${one.title}`, () => checkCase(rule, one));
    }
  }

  it("clean an object that was cleaned already into itself", () => {
    for (const one of goldens.flatMap(({ cases }) => cases)) {
      const identity = { ...contextOf(one), mapNamespace: (namespace: string) => namespace };
      const once = cleanObject(one.in, identity);
      assert.deepEqual(cleanObject(once, identity), once);
    }
  });
});

function checkCase(rule: string, one: GoldenCase): void {
  const context = contextOf(one);
  const before = JSON.stringify(one.in);
  const cleaning = cleaningRules.find(({ name }) => name === rule);
  const leaveOut = leaveOutRules.find(({ name }) => name === rule);
  const keepLive = keepLiveRules.find(({ name }) => name === rule);
  const resources = (cleaning ?? leaveOut ?? keepLive)!.resources;
  assert.ok(resources.length === 0 || resources.includes(one.resource), "the rule sees this kind");
  if (cleaning !== undefined) assert.deepEqual(cleaning.clean(one.in, context), one.out);
  if (leaveOut !== undefined)
    assert.equal(leaveOut.applies(one.in, context) !== undefined, one.leaveOut);
  if (keepLive !== undefined) assert.equal(keepLive.keeps(one.in) !== undefined, one.keep);
  assert.equal(JSON.stringify(one.in), before, "the object that was given is not changed");
}
