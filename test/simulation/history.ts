/** What the cluster held when: kept beside it, by plain requests, never by code of the product. */
import type { Dispatcher } from "undici";
import type { ApiServer } from "../support/api-server/api-server.ts";
import type { WorldObject } from "./world.ts";

export interface Version {
  readonly revision: number;
  /** As a GET answers, less the final newline; undefined: there is none. */
  readonly text: string | undefined;
}

export interface Tracked {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** Ascending. */
  readonly versions: Version[];
}

export interface History {
  readonly server: ApiServer;
  /** By `resource namespace/name`. */
  readonly objects: ReadonlyMap<string, Tracked>;
  /** Puts an object there, as it is. */
  put(object: WorldObject): Promise<void>;
  remove(
    object: Pick<WorldObject, "resource" | "apiVersion" | "namespace" | "name">,
  ): Promise<void>;
  at(tracked: Tracked, revision: number): string | undefined;
  /** All it was from one revision to another, both included. */
  between(tracked: Tracked, from: number, to: number): readonly (string | undefined)[];
}

export const keyOf = (object: Pick<Tracked, "resource" | "namespace" | "name">): string =>
  `${object.resource} ${object.namespace}/${object.name}`;

export function pathOf(
  object: Pick<WorldObject, "resource" | "apiVersion" | "namespace" | "name">,
): string {
  const plural = object.resource.split(".")[0]!;
  const root = object.apiVersion.includes("/") ? "/apis" : "/api";
  const place = object.namespace === "" ? "" : `/namespaces/${object.namespace}`;
  return `${root}/${object.apiVersion}${place}/${plural}/${encodeURIComponent(object.name)}`;
}

export async function send(
  dispatcher: Dispatcher,
  method: "GET" | "DELETE",
  path: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await dispatcher.request({ origin: "http://oracle", method, path });
  return { status: answer.statusCode, text: await answer.body.text() };
}

export async function createHistory(
  server: ApiServer,
  objects: readonly WorldObject[],
): Promise<History> {
  const tracked = new Map<string, Tracked>();
  const dispatcher = server.dispatcher();
  const note = async (object: Parameters<History["remove"]>[0]): Promise<void> => {
    const { revision } = server;
    const { status, text } = await send(dispatcher, "GET", pathOf(object));
    if (status !== 200 && status !== 404) throw new Error(`GET ${pathOf(object)}: ${status}`);
    const { resource, namespace, name } = object;
    const entry = tracked.get(keyOf(object)) ?? { resource, namespace, name, versions: [] };
    tracked.set(keyOf(object), entry);
    entry.versions.push({ revision, text: status === 404 ? undefined : text.replace(/\n$/, "") });
  };
  const at: History["at"] = ({ versions }, revision) =>
    versions.findLast((version) => version.revision <= revision)?.text;
  const history: History = {
    server,
    objects: tracked,
    at,
    between: (one, from, to) => [
      at(one, from),
      ...one.versions.filter((v) => v.revision > from && v.revision <= to).map((v) => v.text),
    ],
    async put(object) {
      server.seed(object.text);
      await note(object);
    },
    async remove(object) {
      await send(dispatcher, "DELETE", pathOf(object));
      await note(object);
    },
  };
  for (const name of ["default", "kube-system"]) {
    await note({ resource: "namespaces", apiVersion: "v1", namespace: "", name });
  }
  for (const object of objects) await history.put(object);
  // What controllers add to definitions comes after the write.
  for (const object of objects) if (object.resource.startsWith("customres")) await note(object);
  return history;
}
