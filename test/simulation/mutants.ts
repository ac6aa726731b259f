import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

/** A planted bug: one change to the text of one module of the product, in memory only. */
export interface Mutant {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** By what is wrong with it. */
export const mutants: Readonly<Record<string, Mutant>> = {
  "drops an object of a long page": {
    file: "src/backup/list-kind.ts",
    find: "if (fresh.length > 0) yield fresh;",
    replace: "if (fresh.length > 0) yield fresh.slice(0, 2);",
  },
  "takes an object twice": {
    file: "src/backup/list-kind.ts",
    find: "const fresh = advance(position, batch);",
    replace: "const fresh = advance(position, batch); fresh.push(...fresh.slice(0, 1));",
  },
  "ends a list after a page that was asked for twice": {
    file: "src/backup/list-kind.ts",
    find: "if (end.continueToken === undefined) return;",
    replace: "if (end.continueToken === undefined || attempt > 1) return;",
  },
  "swallows the error of a list": {
    file: "src/backup/list-kind.ts",
    find: "attempt++ >= attemptsPerPage) throw error;",
    replace: "attempt++ >= attemptsPerPage) return;",
  },
  "stores the body of the object before": {
    file: "src/backup/member-builder.ts",
    find: "const { bytes } = object;",
    replace: `const before = globalThis.bodyBefore ?? object.bytes;
      globalThis.bodyBefore = object.bytes;
      const bytes = before.length === object.bytes.length ? before : object.bytes;`,
  },
  "goes on from a stale checkpoint": {
    file: "src/backup/interrupted-run.ts",
    find: "lists.set(listId(position), position);",
    replace: "if (!lists.has(listId(position))) lists.set(listId(position), position);",
  },
  "forgets on continuing where its lists stood": {
    file: "src/backup/capture.ts",
    find: "before?.lists ?? new Map<string, ListPosition>()",
    replace: "new Map<string, ListPosition>()",
  },
  "seals without a look at what was read back": {
    file: "src/backup/read-back.ts",
    find: 'hash.digest("hex") !== expected.value.sha256',
    replace: 'hash.digest("hex") === ""',
  },
  "leaves the upload of a run that is given up": {
    file: "src/backup/capture.ts",
    find: "await Promise.allSettled(ended.map((object) => object.abort(cleanup)));",
    replace: "await Promise.allSettled([]);",
  },
  "ignores a claim of a higher epoch": {
    file: "src/catalog/name-claim.ts",
    find: "(last?.epoch ?? 0) > epoch || !(await isThere())",
    replace: "!(await isThere())",
  },
  "leaves a record behind": {
    file: "src/catalog/name-claim.ts",
    find: "for (const key of removed) await store.remove(key, { signal });",
    replace: "for (const key of removed.slice(1)) await store.remove(key, { signal });",
  },
  "writes of what pods are owed after it has frozen them": {
    file: "src/backup/hooks/act-on-block.ts",
    find: `: await journal.owe(owed, signal);
  const frozen = new Map<HookPod, PreOutcome>();
  try {
    for (const one of block) {
      signal.throwIfAborted();
      frozen.set(one.pod, await runPreHooks(one, context, signal));
    }`,
    replace: `: { settle: (...args) => late?.settle(...args) };
  const frozen = new Map<HookPod, PreOutcome>();
  let late;
  try {
    for (const one of block) {
      signal.throwIfAborted();
      frozen.set(one.pod, await runPreHooks(one, context, signal));
    }
    if (record !== undefined) late = await journal.owe(owed, signal);`,
  },
  "records as restored what it was about to write": {
    file: "src/restore/record/interrupted-restore.ts",
    find: "inDoubt.set(itemKey(intent), intent);",
    replace: `outcomes.set(itemKey(intent), {
        ...intent, version: "v1", kind: "ConfigMap", action: "created",
      });`,
  },
  "forgets on continuing what it has restored": {
    file: "src/restore/record/take-up-restore.ts",
    find: "? await readInterruptedRestore(store, runUid, signal)",
    replace: "? nothingBefore",
  },
  "forgets an object that could not be restored": {
    file: "src/restore/apply/settle-failure.ts",
    find: "run.failures.push({ line, error });",
    replace: "return;",
  },
};

/** To be called before the module is loaded. Throws when the text is not there, or twice. */
export function plantMutant(name: string, table = mutants): void {
  const mutant = table[name];
  if (mutant === undefined) throw new Error(`there is no mutant "${name}"`);
  const url = new URL(`../../${mutant.file}`, import.meta.url).href;
  const parts = readFileSync(new URL(url), "utf8").split(mutant.find);
  if (parts.length !== 2) {
    throw new Error(
      `mutant "${name}" does not fit ${mutant.file} any more: bring its text up to date`,
    );
  }
  const source = parts.join(mutant.replace);
  registerHooks({
    load: (loaded, context, next) => {
      const result = next(loaded, context);
      return loaded === url ? { ...result, source } : result;
    },
  });
}
