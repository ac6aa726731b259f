import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

/** A planted bug: one change to the text of one module of the product, in memory only. */
export interface Mutant {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const mutants: Readonly<Record<string, Mutant>> = {};

/** To be called before the module is loaded. Throws when the text is not there, or twice. */
export function plantMutant(name: string): void {
  const mutant = mutants[name];
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
