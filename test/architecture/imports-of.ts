const statement = /(?:^|\n)\s*(?:import|export)\b[^"';]*?from\s*"([^"]+)"/g;
const bareImport = /(?:^|\n)\s*import\s*"([^"]+)"/g;
const dynamicImport = /\bimport\(\s*"([^"]+)"\s*\)/g;

/** Every module specifier that a source text imports: static, bare, re-export and dynamic. */
export function importsOf(source: string): string[] {
  return [statement, bareImport, dynamicImport].flatMap((pattern) =>
    [...source.matchAll(pattern)].map((match) => match[1] as string),
  );
}
