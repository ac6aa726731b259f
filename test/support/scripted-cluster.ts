import assert from "node:assert/strict";
import type { RawObject } from "../../src/api/raw-object.ts";
import { readRawObject } from "../../src/api/read-raw-object.ts";
import { ArkError } from "../../src/lib/errors.ts";
import {
  ApiError,
  type ClusterReader,
  type ListPage,
  type ListRequest,
} from "../../src/ports/cluster.ts";

/** One answer to a list call: objects that arrive, and how the page ends. */
export interface ScriptedPage {
  readonly names: readonly string[];
  readonly resourceVersion?: string;
  readonly continueToken?: string;
  /** Thrown after the names were yielded; with no names, thrown by `list` itself. */
  readonly error?: ArkError;
}

export interface ScriptedCluster {
  readonly reader: ClusterReader;
  readonly requests: readonly ListRequest[];
}

/** `ns/name` or `name` as a ConfigMap. */
export function configMap(place: string): RawObject {
  const [namespace, name] = place.includes("/") ? place.split("/") : ["", place];
  const metadata = {
    name,
    ...(namespace === "" ? {} : { namespace }),
    uid: `u-${place}`,
    resourceVersion: "7",
  };
  return readRawObject(
    Buffer.from(JSON.stringify({ kind: "ConfigMap", apiVersion: "v1", metadata, data: { place } })),
  );
}

/** Answers list calls from a script, in order; a call beyond it fails the test. */
export function scriptedCluster(pages: readonly ScriptedPage[]): ScriptedCluster {
  const requests: ListRequest[] = [];
  const left = [...pages];
  const refuse = (): never => assert.fail("the script has no such call");
  const reader: ClusterReader = {
    identity: refuse,
    discover: refuse,
    get: refuse,
    openApi: refuse,
    can: refuse,
    async list(request) {
      requests.push(request);
      const page = left.shift();
      if (page === undefined) return assert.fail(`unexpected list ${JSON.stringify(request)}`);
      if (page.error !== undefined && page.names.length === 0) throw page.error;
      return scriptedPage(page, request);
    },
  };
  return { reader, requests };
}

function scriptedPage(page: ScriptedPage, request: ListRequest): ListPage {
  return {
    items: (async function* () {
      for (const name of page.names) yield [configMap(name)];
      if (page.error !== undefined) throw page.error;
    })(),
    end: () => ({
      resourceVersion: page.resourceVersion ?? request.exactResourceVersion ?? "100",
      itemCount: page.names.length,
      ...(page.continueToken === undefined ? {} : { continueToken: page.continueToken }),
    }),
  };
}

/** 410, with or without the token that goes on at a later revision. */
export function expired(continueToken?: string): ApiError {
  const answer = { status: 410, reason: "Expired", serverMessage: "too old", causes: [] };
  return new ApiError(
    "ARK_API_GONE",
    "expired",
    continueToken === undefined ? answer : { ...answer, continueToken },
  );
}

export const brokenOff = (): ArkError => new ArkError("ARK_API_PROTOCOL", "the body broke off");
