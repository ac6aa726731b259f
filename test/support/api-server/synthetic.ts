/** Objects that exist only as an index: a million of them cost no memory. */
import type { Version } from "./store.ts";

export interface SyntheticSpec {
  readonly count: number;
  /** About so many bytes of JSON each. */
  readonly sizeBytes: number;
  readonly firstRevision: number;
  /** Empty for cluster-scoped kinds. Sorted; objects are spread evenly. */
  readonly namespaces: readonly string[];
  readonly creationTimestamp: string;
  /** `data` of a ConfigMap or Secret, `spec` elsewhere. */
  readonly payloadField: "data" | "spec";
  /** Set for custom resources, whose items carry kind and apiVersion. */
  readonly custom?: { readonly apiVersion: string; readonly kind: string };
}

const poolBytes = 4 << 20;
let sharedPool: Buffer | undefined;

/** Base64 text without repetition (xorshift, fixed seed), so that gzip finds little in it. */
function pool(): Buffer {
  if (sharedPool !== undefined) return sharedPool;
  const words = new Uint32Array((poolBytes * 3) / 16);
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  sharedPool = Buffer.from(Buffer.from(words.buffer).toString("base64"), "latin1");
  return sharedPool;
}

/** A stretch of the pool; neighbouring indexes get distant ones. Its length is a multiple of 4. */
function payload(index: number, length: number): Buffer {
  const text = pool();
  const slots = Math.floor((text.length - length) / 4);
  const slot = Math.imul(index, 0x9e3779b1) >>> 0;
  const start = (slot % slots) * 4;
  return text.subarray(start, start + length);
}

function digits(index: number): string {
  return String(index).padStart(8, "0");
}

export class SyntheticRange {
  readonly count: number;
  readonly #spec: SyntheticSpec;
  readonly #perNamespace: number;

  constructor(spec: SyntheticSpec) {
    this.#spec = spec;
    this.count = spec.count;
    this.#perNamespace = Math.max(1, Math.ceil(spec.count / Math.max(1, spec.namespaces.length)));
  }

  get lastRevision(): number {
    return this.#spec.firstRevision + this.count - 1;
  }

  byKey(key: string, revision: number): Version | undefined {
    const index = this.#lowerBound(key);
    if (index >= this.count || this.#key(index) !== key) return undefined;
    return this.#spec.firstRevision + index <= revision ? this.#version(index) : undefined;
  }

  *scan(
    prefix: string,
    from: string,
    revision: number,
    overlaid: ((key: string) => boolean) | undefined,
  ): Generator<Version> {
    const end = Math.min(this.#alive(revision), this.#endOf(prefix));
    for (let i = this.#lowerBound(from); i < end; i += 1) {
      if (overlaid === undefined || !overlaid(this.#key(i))) yield this.#version(i);
    }
  }

  countFrom(prefix: string, from: string, revision: number): number {
    const end = Math.min(this.#alive(revision), this.#endOf(prefix));
    return Math.max(0, end - this.#lowerBound(from));
  }

  #alive(revision: number): number {
    return Math.max(0, Math.min(this.count, revision - this.#spec.firstRevision + 1));
  }

  #endOf(prefix: string): number {
    if (prefix === "") return this.count;
    const place = this.#spec.namespaces.indexOf(prefix.slice(0, -1));
    return place < 0 ? 0 : (place + 1) * this.#perNamespace;
  }

  #namespace(index: number): string {
    return this.#spec.namespaces[Math.floor(index / this.#perNamespace)] ?? "";
  }

  #name(index: number): string {
    return `synthetic-${digits(index)}`;
  }

  #key(index: number): string {
    const namespace = this.#namespace(index);
    return namespace === "" ? this.#name(index) : `${namespace}/${this.#name(index)}`;
  }

  #lowerBound(key: string): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#key(middle) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #version(index: number): Version {
    const { sizeBytes, firstRevision, creationTimestamp, payloadField, custom } = this.#spec;
    const namespace = this.#namespace(index);
    const name = this.#name(index);
    const revision = firstRevision + index;
    const app = `app-${index % 10}`;
    const place = namespace === "" ? "" : `"namespace":"${namespace}",`;
    const uid = `"uid":"00005eed-0000-4000-8000-0000${digits(index)}"`;
    const version = `"resourceVersion":"${revision}"`;
    const born = `"creationTimestamp":"${creationTimestamp}"`;
    const labels = `"labels":{"app":"${app}"}`;
    const head =
      custom === undefined
        ? `{"metadata":{"name":"${name}",${place}${uid},${version},${born},${labels}},"${payloadField}":{"blob":"`
        : `{"apiVersion":"${custom.apiVersion}","kind":"${custom.kind}","metadata":{${born},${labels},"name":"${name}",${place}${version},${uid}},"${payloadField}":{"blob":"`;
    const length = Math.max(4, (sizeBytes - head.length - 3) & ~3);
    const bytes = Buffer.allocUnsafe(head.length + length + 3);
    bytes.write(head, 0, "latin1");
    payload(index, length).copy(bytes, head.length);
    bytes.write('"}}', head.length + length, "latin1");
    const end = custom === undefined ? 0 : 14 + custom.apiVersion.length + 2;
    return {
      revision,
      namespace,
      name,
      labels: { app },
      bytes,
      ...(custom === undefined ? {} : { apiVersionAt: [14, end] as const }),
    };
  }
}
