/** A custom kind whose versions come and go. */

import { waitFor } from "../testbed/wait.ts";
import { definitionOf } from "./definition.ts";
import type { KubeClient } from "./kube-client.ts";

const group = "music.example";
const definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
export const bandsResource = `bands.${group}`;
export const bandNames = ["abba", "blur"];

export interface Bands {
  /** Serves the kind anew in these versions, the first one stored; what there was is gone. */
  serve(versions: readonly string[]): Promise<void>;
  /** Makes the bands in a version that is served. */
  fill(version: string): Promise<void>;
  /** Their genres by name, as the version has them. */
  genres(version: string): Promise<Readonly<Record<string, string>>>;
}

interface Group {
  readonly versions: readonly unknown[];
}

export async function createBands(client: KubeClient, namespace: string): Promise<Bands> {
  const collection = (version: string): string =>
    `/apis/${group}/${version}/namespaces/${namespace}/bands`;
  const isServed = async (version: string): Promise<boolean> =>
    (await client.send("GET", collection(version))).status === 200;
  const namespaceBody = { metadata: { name: namespace } };
  await client.demand("POST", "/api/v1/namespaces", JSON.stringify(namespaceBody));
  const remove = async (): Promise<void> => {
    const path = `${definition}/${bandsResource}`;
    if ((await client.get(path)) === undefined) return;
    await client.demand("DELETE", path);
    const isGone = async (): Promise<boolean> => (await client.get(path)) === undefined;
    await waitFor("the definition to be gone", isGone, { timeoutMs: 240_000 });
  };
  return {
    async serve(versions) {
      await remove();
      const body = definitionOf(bandsResource, "Band", { versions });
      await client.demand("POST", definition, JSON.stringify(body));
      for (const version of versions) {
        await waitFor(`${version} to be served`, () => isServed(version), { timeoutMs: 240_000 });
      }
      const isKnown = async (): Promise<boolean> => {
        const found = await client.get(`/apis/${group}`);
        if (found === undefined) return false;
        return (JSON.parse(found.toString()) as Group).versions.length === versions.length;
      };
      await waitFor(`discovery of ${versions}`, isKnown, { timeoutMs: 240_000 });
    },
    async fill(version) {
      for (const name of bandNames) {
        const metadata = { name, namespace };
        const band = { apiVersion: `${group}/${version}`, kind: "Band", metadata };
        const body = JSON.stringify({ ...band, spec: { genre: `genre of ${name}` } });
        await client.demand("POST", collection(version), body);
      }
    },
    async genres(version) {
      const list = JSON.parse((await client.demand("GET", collection(version))).toString()) as {
        readonly items: readonly {
          readonly metadata: { readonly name: string };
          readonly spec: { readonly genre: string };
        }[];
      };
      return Object.fromEntries(
        list.items.map(({ metadata, spec }) => [metadata.name, spec.genre]),
      );
    },
  };
}

export const allGenres = Object.fromEntries(bandNames.map((name) => [name, `genre of ${name}`]));
