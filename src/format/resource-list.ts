import { createGzipText, type GzipText } from "./gzip-text.ts";

/** What became of an object in a restore; Velero writes it behind the name. */
export type RestoreAction = "created" | "updated" | "recreated" | "deleted" | "failed" | "skipped";

/** Builds `…-resource-list.json.gz`: `apiVersion/Kind` to names, from kinds that interleave. */
export interface ResourceListBuilder {
  /** Names of one kind come in list order, which for the API server is sorted. */
  add(
    apiVersion: string,
    kind: string,
    object: { readonly namespace: string; readonly name: string; readonly action?: RestoreAction },
  ): void;
  /** The whole file; to be called once, last. */
  finish(): Promise<Buffer>;
}

/** Each kind's names are compressed as they come: memory is the compressed list. */
export function createResourceListBuilder(): ResourceListBuilder {
  const sections = new Map<string, { readonly text: GzipText; empty: boolean }>();
  return {
    add(apiVersion, kind, { namespace, name, action }) {
      const key = `${apiVersion}/${kind}`;
      let section = sections.get(key);
      if (section === undefined) {
        section = { text: createGzipText(), empty: true };
        sections.set(key, section);
      }
      const place = namespace === "" ? name : `${namespace}/${name}`;
      const item = JSON.stringify(action === undefined ? place : `${place}(${action})`);
      section.text.append(section.empty ? item : `,${item}`);
      section.empty = false;
    },
    async finish() {
      const pieces: Buffer[] = [];
      const keys = [...sections.keys()].sort();
      for (const [at, key] of keys.entries()) {
        pieces.push(await gzipText(`${at === 0 ? "{" : "],"}${JSON.stringify(key)}:[`));
        const section = sections.get(key);
        if (section !== undefined) pieces.push(await section.text.finish());
      }
      pieces.push(await gzipText(keys.length === 0 ? "{}\n" : "]}\n"));
      return Buffer.concat(pieces);
    },
  };
}

async function gzipText(text: string): Promise<Buffer> {
  const piece = createGzipText();
  piece.append(text);
  return await piece.finish();
}
