/** Who a cluster is; `serverSha256` absent: not written down. */
export interface ClusterMarks {
  /** uid of namespace kube-system; for who may not read it, hex SHA-256 of the server's CA and URL. */
  readonly id: string;
  /** The latter, also where the former is known. */
  readonly serverSha256?: string;
}

export type Sameness = "same" | "other" | "unknown";

/**
 * Whether two marks are of one cluster. Two uids tell, and so does one address with one CA; a uid and
 * another address do not: the same cluster may be reached by several.
 */
export function compareClusters(left: ClusterMarks, right: ClusterMarks): Sameness {
  if (left.id === "" || right.id === "") return "unknown";
  if (left.id === right.id) return "same";
  if (!isDigest(left.id) && !isDigest(right.id)) return "other";
  const [a, b] = [addressOf(left), addressOf(right)];
  return a !== undefined && a === b ? "same" : "unknown";
}

function addressOf({ id, serverSha256 }: ClusterMarks): string | undefined {
  return isDigest(id) ? id : serverSha256;
}

function isDigest(id: string): boolean {
  return /^[0-9a-f]{64}$/.test(id);
}
