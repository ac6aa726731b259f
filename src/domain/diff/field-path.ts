/** `path.key`, or `path["odd key"]` where dots could not be told apart. */
export function memberPath(path: string, key: string): string {
  if (!/^[A-Za-z0-9_$-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** `path[3]`, or `path[name=web]` for an element that has a name of its own. */
export function elementPath(path: string, element: number | string): string {
  return `${path}[${element}]`;
}
