const stamped = /^(.*)-(\d{14})$/;

/**
 * Order of names in lists, as in Velero: by name; names that share what stands before a 14-digit
 * stamp, newest first.
 */
export function stampedNameOrder(a: string, b: string): number {
  const left = stamped.exec(a);
  const right = stamped.exec(b);
  if (left !== null && right !== null && left[1] === right[1]) {
    return compare(right[2] ?? "", left[2] ?? "");
  }
  return compare(a, b);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
