import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import type { BackupSpec } from "../../src/api/backup.ts";
import { openBackup } from "../../src/catalog/open-backup.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import type { MemoryStore } from "../support/memory-store.ts";
import { readEntries } from "../support/take-backup.ts";
import { type Expectation, expectBackup, type Window } from "./expected-backup.ts";
import type { History } from "./history.ts";
import { definitionResource } from "./world.ts";

const idle = new AbortController().signal;

export const sealOf = (name: string): string => `backups/${name}/velero-backup.json`;

export interface HeldBackup {
  /** By `resource namespace/name`. */
  readonly entries: ReadonlyMap<string, string>;
  readonly phase: string;
}

/**
 * The old state or the new: nothing, or a backup that verifies and holds what it must. What is
 * missing stands in its results.
 */
export async function checkBackup(
  store: MemoryStore,
  name: string,
  truth: Truth,
): Promise<HeldBackup | undefined> {
  if (!store.keys().includes(sealOf(name))) return undefined;
  const files = filesOf(store, name);
  const before = checked.get(store);
  if (before !== undefined && isSame(before.files, files)) return before.held;
  const held = await checkSealed(store, name, truth);
  checked.set(store, { files, held });
  return held;
}

interface Truth {
  readonly history: History;
  readonly spec: BackupSpec;
  readonly since: number;
}

/** A put makes an array of its own: as long as these are the same ones, nothing was written. */
type Files = ReadonlyMap<string, Uint8Array>;

const checked = new WeakMap<MemoryStore, { readonly files: Files; readonly held: HeldBackup }>();

function filesOf(store: MemoryStore, name: string): Files {
  const keys = store.keys().filter((key) => key.startsWith(`backups/${name}/`));
  return new Map(keys.map((key) => [key, store.bytes(key)]));
}

function isSame(before: Files, now: Files): boolean {
  return before.size === now.size && [...now].every(([key, bytes]) => before.get(key) === bytes);
}

async function checkSealed(store: MemoryStore, name: string, truth: Truth): Promise<HeldBackup> {
  const report = await verifyBackup(store, name, { level: "objects", signal: idle });
  assert.deepEqual(report.damages, [], "a sealed backup does not verify");
  const { backup, manifest } = await openBackup(store, name, { signal: idle });
  assert.ok(manifest !== undefined);
  const whole: Window = { from: truth.since, to: truth.history.server.revision };
  const windowOf = (resource: string): Window => {
    const kind = manifest.kinds.find((one) => one.resource === resource);
    if (kind?.cut === undefined) return whole;
    assert.equal(kind.resourceVersion, manifest.cuts[kind.cut]?.resourceVersion);
    const revision = Number(kind.resourceVersion);
    return { from: revision, to: revision };
  };
  const expected = expectBackup(truth.history, truth.spec, windowOf);
  const entries = new Map<string, string>();
  for (const [key, { text }] of await readEntries(store, name)) entries.set(key, text);
  const results = gunzipSync(store.bytes(`backups/${name}/${name}-results.gz`)).toString();
  compare(entries, expected, results);
  const { phase = "", errors = 0 } = backup.status;
  assert.equal(phase, errors > 0 ? "PartiallyFailed" : "Completed");
  assert.equal(backup.status.progress?.itemsBackedUp, entries.size, "its own count is wrong");
  return { entries, phase };
}

function compare(
  entries: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, Expectation>,
  results: string,
): void {
  for (const [key, text] of entries) {
    const expectation = expected.get(key);
    assert.ok(expectation !== undefined, `the backup holds ${key}, which it must not`);
    if (!expectation.texts.includes(text)) {
      assert.equal(text, expectation.texts.at(-1), `${key} has bytes that it never had`);
    }
  }
  for (const [key, { tracked, mayBeAbsent }] of expected) {
    if (entries.has(key) || mayBeAbsent) continue;
    const names = [tracked.resource, `*.${tracked.resource.split(".").slice(1).join(".")}`];
    // A definition comes with objects of its kind, which an error may name.
    if (tracked.resource === definitionResource) names.push(tracked.name);
    assert.ok(
      names.some((one) => results.includes(one)),
      `${key} is missing, and no error names it`,
    );
  }
}
