import { ArkError } from "../lib/errors.ts";
import type { LocationSpec, OptionDoc } from "./object-store-plugin.ts";

/** The location whose config is read. */
export interface ConfigPlace {
  /** For people: `the volume snapshot location "disks"`. */
  readonly what: string;
  readonly provider: string;
  readonly config: Readonly<Record<string, string>>;
}

/** Keys of the engine itself may stand in any location's config; plugins leave them alone. */
const engineKeyPrefix = "ark-ts.dev/";

/** Reads the keys of a location's `config`; faults are gathered and thrown together by `done`. */
export interface ConfigReader {
  /** undefined when the key is absent or empty. */
  text(key: string): string | undefined;
  flag(key: string, whenAbsent: boolean): boolean;
  oneOf<Value extends string>(key: string, values: readonly Value[]): Value | undefined;
  url(key: string): string | undefined;
  /** Adds a fault that the caller found. */
  fault(sentence: string): void;
  /** Errors: ARK_CONFIG_INVALID with every fault. */
  done(): void;
}

/** A reader that has already noted every key that `options` does not know or refuses. */
export function parseConfig(location: LocationSpec, options: readonly OptionDoc[]): ConfigReader {
  const { bucket, provider, config } = location;
  const what = `the location on ${JSON.stringify(bucket)}`;
  return parseConfigOf({ what, provider, config }, options);
}

/** The same for locations of any kind. */
export function parseConfigOf(place: ConfigPlace, options: readonly OptionDoc[]): ConfigReader {
  const { config } = place;
  const faults = keyFaults(config, options);
  const text = (key: string): string | undefined => {
    const value = Object.hasOwn(config, key) ? config[key]?.trim() : undefined;
    return value === "" ? undefined : value;
  };
  return {
    text,
    flag(key, whenAbsent) {
      const value = text(key);
      if (value === undefined) return whenAbsent;
      if (/^(true|1|t)$/i.test(value)) return true;
      if (/^(false|0|f)$/i.test(value)) return false;
      faults.push(`${key} must be true or false, not ${JSON.stringify(value)}`);
      return whenAbsent;
    },
    oneOf(key, values) {
      const value = text(key);
      const found = values.find((allowed) => allowed === value);
      if (value !== undefined && found === undefined) {
        faults.push(`${key} must be one of ${values.join(", ")}, not ${JSON.stringify(value)}`);
      }
      return found;
    },
    url(key) {
      const value = text(key);
      if (value === undefined) return undefined;
      if (/^https?:\/\//i.test(value) && URL.canParse(value)) return value;
      faults.push(`${key} must be a URL that starts with http:// or https://`);
      return undefined;
    },
    fault: (sentence) => faults.push(sentence),
    done() {
      if (faults.length > 0) throw invalidConfig(place, faults, options);
    },
  };
}

function keyFaults(config: ConfigPlace["config"], options: readonly OptionDoc[]): string[] {
  const known = new Map(options.map((option) => [option.key, option]));
  return Object.keys(config).flatMap((key) => {
    if (key.startsWith(engineKeyPrefix)) return [];
    const option = known.get(key);
    if (option === undefined) return [`unknown key ${JSON.stringify(key)}`];
    return option.refused === undefined ? [] : [`${key} is not supported: ${option.refused}`];
  });
}

function invalidConfig(
  { what, provider }: ConfigPlace,
  faults: readonly string[],
  options: readonly OptionDoc[],
): ArkError {
  const keys = options.filter((option) => option.refused === undefined).map(({ key }) => key);
  return new ArkError(
    "ARK_CONFIG_INVALID",
    `${what} (provider ${provider}) is not valid: ${faults.join("; ")}`,
    { advice: `config keys of this provider: ${keys.length === 0 ? "none" : keys.join(", ")}` },
  );
}
