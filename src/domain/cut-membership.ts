/** Whether a kind can be listed at the cut's revision, and why not. */
export type CutMembership =
  | { readonly member: true }
  | { readonly member: false; readonly reason: string };

const countedElsewhere = "its revisions are counted elsewhere";
const notComparable = "its list carries no revision";

/**
 * A kind belongs to the cut only if its own list shows a revision between those that a kind of
 * the main etcd showed before and after: another etcd counts by itself, and would answer the
 * cut's number from its own history in silence (design part 6).
 */
export function decideCutMembership(
  kindRevision: string,
  main: { readonly before: string; readonly after: string },
): CutMembership {
  const revision = toRevision(kindRevision);
  const before = toRevision(main.before);
  const after = toRevision(main.after);
  if (revision === undefined || before === undefined || after === undefined) {
    return { member: false, reason: `${notComparable} that can be compared` };
  }
  if (revision < before || revision > after) {
    return {
      member: false,
      reason: `${countedElsewhere} (${kindRevision}, not in ${main.before} to ${main.after})`,
    };
  }
  return { member: true };
}

function toRevision(text: string): bigint | undefined {
  return /^[1-9][0-9]{0,38}$/.test(text) ? BigInt(text) : undefined;
}

/**
 * How many revisions after the cut another one is; undefined where the two are not known to be
 * counted together. `reason`: why the manifest says that the kind is outside the cut.
 */
export function revisionsAfter(
  cut: string,
  revision: string,
  reason: string | undefined,
): bigint | undefined {
  if (reason?.startsWith(countedElsewhere) || reason?.startsWith(notComparable)) return undefined;
  const from = toRevision(cut);
  const to = toRevision(revision);
  return from === undefined || to === undefined || to < from ? undefined : to - from;
}
