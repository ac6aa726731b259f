import type { VolumeSubject } from "../../domain/volumes/volume-decision.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import {
  type LocatorRun,
  nobodys,
  noLocation,
  openNativeLocator,
  tellFailure,
  volumeOf,
} from "../native/locate-native.ts";
import { plannedNatives } from "../native/planned-native.ts";
import type { DecidedVolumes } from "../volumes/volume-stage.ts";

const atOnce = 8;

/** A volume snapshot location that would make snapshots. */
export interface ForeseenNative {
  readonly location: string;
  readonly provider: string;
  /** Names of persistent volumes. */
  readonly volumes: readonly string[];
}

export interface NativeForesight {
  /** False: there is nowhere to make them. */
  readonly isActive: boolean;
  /** Asks snapshotters whose the volumes are, and makes nothing. Errors: those of the API server. */
  look(decided: DecidedVolumes, signal: AbortSignal): Promise<void>;
  /** Why a volume would get no native snapshot; undefined: it would, or was not to. */
  failureOf(subject: VolumeSubject): string | undefined;
  found(): readonly ForeseenNative[];
}

/** What the native snapshots of a backup would come to; findings are those that the run would have. */
export function openNativeForesight(
  options: LocatorRun,
  whyNone: string = noLocation,
): NativeForesight {
  const located = new Map<string, string>();
  const failed = new Map<string, string>();
  const all = options.ports.snapshotLocations?.all ?? [];
  return {
    isActive: all.length > 0,
    async look({ decisions, volumes }, signal) {
      const locator = openNativeLocator(options);
      if (!locator.isActive) return;
      try {
        const planned = [...plannedNatives(decisions, volumes).values()];
        await mapConcurrently(planned, atOnce, async (one) => {
          const { name } = one.volume;
          try {
            const found = await locator.locate(one, signal);
            if (found === undefined) failed.set(name, nobodys);
            else located.set(name, found.location.name);
          } catch (thrown) {
            failed.set(name, tellFailure(one, thrown, options.log, signal));
          }
        });
      } finally {
        await locator.close();
      }
    },
    failureOf(subject) {
      const name = volumeOf(subject);
      if (name === undefined || located.has(name)) return undefined;
      return failed.get(name) ?? whyNone;
    },
    found: () =>
      all.flatMap(({ name, provider }) => {
        const volumes = [...located]
          .flatMap(([volume, at]) => (at === name ? [volume] : []))
          .sort();
        return volumes.length === 0 ? [] : [{ location: name, provider, volumes }];
      }),
  };
}
