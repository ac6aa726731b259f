/**
 * Names of metadata must be identifiers of C#, and come back in lower case: what is neither a
 * lower-case letter nor a digit is written as `_` and two hexadecimal digits, as is a digit in
 * front: `ark-run` is stored as `ark_2drun`.
 */
export function toBlobMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [encodeName(name), value]),
  );
}

export function fromBlobMetadata(
  metadata: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [decodeName(name), value]),
  );
}

const encodeName = (name: string): string =>
  name.replace(/^[0-9]|[^a-z0-9]/g, (char) => `_${hex(char.charCodeAt(0))}`);

const hex = (code: number): string => code.toString(16).padStart(2, "0");

/** Names that others have given stay as they are. */
function decodeName(name: string): string {
  const lower = name.toLowerCase();
  if (!/^(?:[a-z0-9]|_[0-9a-f]{2})+$/.test(lower)) return name;
  return lower.replace(/_([0-9a-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
