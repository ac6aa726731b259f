/** Objects with all their past revisions: what etcd is to the API server. */
import type { SyntheticRange } from "./synthetic.ts";

export type Labels = Readonly<Record<string, string>>;

/** One object at one revision. Immutable. */
export interface Version {
  readonly revision: number;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /**
   * As it stands in a LIST: built-in kinds without kind and apiVersion, custom resources with
   * both, all in the order of the real server.
   */
  readonly bytes: Buffer;
  /** Where the value of apiVersion stands in the bytes of a custom resource, quotes included. */
  readonly apiVersionAt?: readonly [start: number, end: number];
}

export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly storage: string;
  readonly key: string;
  /** For DELETED the last state, with the revision of the deletion. */
  readonly version: Version;
  readonly previous?: Version;
}

/** One revision counter with its history. Kinds in a separate etcd have another. */
export class Etcd {
  revision = 1;
  /** Revisions below this one are gone. */
  compacted = 0;
  /** Ascending by revision; begins after the last compaction. */
  events: StoreEvent[] = [];
  /** How many events compaction has dropped; positions in the log count from the beginning. */
  dropped = 0;
  readonly #listeners = new Set<() => void>();

  append(event: StoreEvent): void {
    this.revision = event.version.revision;
    this.events.push(event);
    for (const notify of [...this.#listeners]) notify();
  }

  /** Resolves at the next event, or when the signal aborts. */
  nextEvent(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#listeners.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      if (signal.aborted) return resolve();
      this.#listeners.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  compact(revision: number): void {
    this.compacted = Math.max(this.compacted, revision);
    let keepFrom = 0;
    while ((this.events[keepFrom]?.version.revision ?? Number.POSITIVE_INFINITY) <= revision) {
      keepFrom += 1;
    }
    this.events = this.events.slice(keepFrom);
    this.dropped += keepFrom;
  }
}

interface Entry {
  readonly revision: number;
  /** Absent: deleted at this revision. */
  readonly version?: Version;
}

export interface Scan {
  /** `""` for all, or `namespace/`. */
  readonly prefix: string;
  /** First key wanted; `""` for the beginning. */
  readonly from: string;
  readonly revision: number;
}

/** `namespace/name`, or `name` for cluster-scoped kinds: the order of LIST. */
export function keyOf(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** The objects of one storage, in key order. */
export class Table {
  readonly storage: string;
  readonly etcd: Etcd;
  /** Objects made from their index, never stored; a stored one with the same key wins. */
  synthetic: SyntheticRange | undefined;
  readonly #chains = new Map<string, Entry[]>();
  readonly #keys: string[] = [];
  #lastChange = 0;
  #live = 0;

  constructor(storage: string, etcd: Etcd) {
    this.storage = storage;
    this.etcd = etcd;
  }

  get live(): number {
    return this.#live + (this.synthetic?.count ?? 0);
  }

  get(key: string, revision = this.etcd.revision): Version | undefined {
    const chain = this.#chains.get(key);
    if (chain === undefined) return this.synthetic?.byKey(key, revision);
    for (let i = chain.length - 1; i >= 0; i -= 1) {
      const entry = chain[i];
      if (entry !== undefined && entry.revision <= revision) return entry.version;
    }
    return undefined;
  }

  put(version: Version): void {
    const key = keyOf(version.namespace, version.name);
    const previous = this.get(key);
    this.#record(key, { revision: version.revision, version });
    if (previous === undefined) this.#live += 1;
    const type = previous === undefined ? "ADDED" : "MODIFIED";
    this.etcd.append({ type, storage: this.storage, key, version, ...(previous && { previous }) });
  }

  /** `last` is the final state, with the revision of the deletion. */
  remove(last: Version): void {
    const key = keyOf(last.namespace, last.name);
    const previous = this.get(key);
    if (previous === undefined) return;
    this.#record(key, { revision: last.revision });
    this.#live -= 1;
    this.etcd.append({ type: "DELETED", storage: this.storage, key, version: last, previous });
  }

  /** Versions alive at the revision, in key order. */
  *scan(scan: Scan): Generator<Version> {
    const { prefix, revision } = scan;
    const start = startOf(scan);
    const overlaid = this.#chains.size === 0 ? undefined : (key: string) => this.#chains.has(key);
    const made = this.synthetic?.scan(prefix, start, revision, overlaid);
    let next = made?.next();
    for (let i = lowerBound(this.#keys, start); i < this.#keys.length; i += 1) {
      const key = this.#keys[i] as string;
      if (!key.startsWith(prefix)) break;
      const version = this.get(key, revision);
      if (version === undefined) continue;
      while (next !== undefined && !next.done && versionKey(next.value) < key) {
        yield next.value;
        next = made?.next();
      }
      yield version;
    }
    while (next !== undefined && !next.done) {
      yield next.value;
      next = made?.next();
    }
  }

  /** How many the scan would yield. Cheap while nothing was deleted or changed later. */
  count(scan: Scan): number {
    const start = startOf(scan);
    const overlaid = (key: string) => this.#chains.has(key);
    const made = this.synthetic?.countFrom(scan.prefix, start, scan.revision) ?? 0;
    const begin = lowerBound(this.#keys, start);
    const end = scan.prefix === "" ? this.#keys.length : lowerBound(this.#keys, after(scan.prefix));
    if (this.synthetic === undefined && this.#settled(scan.revision))
      return Math.max(0, end - begin);
    let count = made;
    for (let i = begin; i < end; i += 1) {
      const key = this.#keys[i] as string;
      if (this.get(key, scan.revision) !== undefined) count += 1;
      if (overlaid(key) && this.synthetic?.byKey(key, scan.revision) !== undefined) count -= 1;
    }
    return count;
  }

  /** Forgets what was replaced or deleted at or before the revision. */
  compact(revision: number): void {
    let write = 0;
    for (const key of this.#keys) {
      const chain = this.#chains.get(key) ?? [];
      let keep = 0;
      for (let i = 0; i < chain.length; i += 1) {
        if ((chain[i] as Entry).revision <= revision) keep = i;
      }
      chain.splice(0, keep);
      const only = chain.length === 1 ? chain[0] : undefined;
      const gone = only !== undefined && only.version === undefined && only.revision <= revision;
      if (gone && this.synthetic?.byKey(key, revision) === undefined) {
        this.#chains.delete(key);
      } else {
        this.#keys[write] = key;
        write += 1;
      }
    }
    this.#keys.length = write;
  }

  #settled(revision: number): boolean {
    return this.#lastChange <= revision && this.#keys.length === this.#live;
  }

  #record(key: string, entry: Entry): void {
    this.#lastChange = entry.revision;
    const chain = this.#chains.get(key);
    if (chain !== undefined) {
      chain.push(entry);
      return;
    }
    const made = this.synthetic?.byKey(key, Number.POSITIVE_INFINITY);
    const first = made === undefined ? [] : [{ revision: made.revision, version: made }];
    this.#chains.set(key, [...first, entry]);
    if ((this.#keys.at(-1) ?? "") < key) this.#keys.push(key);
    else this.#keys.splice(lowerBound(this.#keys, key), 0, key);
  }
}

function startOf({ prefix, from }: Scan): string {
  return prefix < from ? from : prefix;
}

function versionKey(version: Version): string {
  return keyOf(version.namespace, version.name);
}

function after(prefix: string): string {
  return `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
}

/** Index of the first key that is not below `key`. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All tables. */
export class Store {
  readonly main = new Etcd();
  readonly #separate: ReadonlyMap<string, Etcd>;
  readonly #tables = new Map<string, Table>();

  /** Each storage of `separate` (as `events`, `widgets.demo.example`) gets an etcd of its own. */
  constructor(separate: readonly string[]) {
    this.#separate = new Map(separate.map((storage) => [storage, new Etcd()]));
  }

  table(storage: string): Table {
    let table = this.#tables.get(storage);
    if (table === undefined) {
      table = new Table(storage, this.#separate.get(storage) ?? this.main);
      this.#tables.set(storage, table);
    }
    return table;
  }

  tables(): readonly Table[] {
    return [...this.#tables.values()];
  }

  /** Forgets history up to now, or up to a revision of the main etcd. */
  compact(revision?: number): void {
    for (const etcd of [this.main, ...this.#separate.values()]) {
      etcd.compact(etcd === this.main ? (revision ?? etcd.revision) : etcd.revision);
    }
    for (const table of this.#tables.values()) table.compact(table.etcd.compacted);
  }
}
