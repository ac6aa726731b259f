/** A location as far as the choice needs it. */
export interface LocationOfProvider {
  readonly name: string;
  readonly provider: string;
}

export interface ChosenLocations<Location extends LocationOfProvider> {
  /** In the order in which their snapshotters are asked whether a volume is theirs. */
  readonly locations: readonly Location[];
  /** Sentences; with one, none of the locations is used. */
  readonly problems: readonly string[];
}

/**
 * Velero's rule (velero-features 3.10): exactly one location of each provider. Those that the spec
 * names, in its order; then, of each other provider, its only one. Two of a provider, and none of
 * them named: a problem.
 */
export function chooseLocations<Location extends LocationOfProvider>(
  named: readonly string[],
  all: readonly Location[],
): ChosenLocations<Location> {
  const problems: string[] = [];
  const chosen = new Map<string, Location>();
  for (const name of named) {
    const found = all.find((one) => one.name === name);
    const other = found && chosen.get(found.provider);
    if (found === undefined) problems.push(`there is no volume snapshot location "${name}"`);
    else if (other !== undefined && other.name !== name) {
      problems.push(
        `volume snapshot locations "${other.name}" and "${name}" are both of provider ${found.provider}: a backup takes one`,
      );
    } else chosen.set(found.provider, found);
  }
  const rest = Map.groupBy(
    all.filter(({ provider }) => !chosen.has(provider)),
    ({ provider }) => provider,
  );
  for (const [provider, locations] of rest) {
    const [only] = locations;
    if (only !== undefined && locations.length === 1) chosen.set(provider, only);
    else {
      const names = locations.map(({ name }) => name).join(", ");
      problems.push(
        `provider ${provider} has ${locations.length} volume snapshot locations (${names}), and the backup names none of them`,
      );
    }
  }
  return { locations: problems.length > 0 ? [] : [...chosen.values()], problems };
}
