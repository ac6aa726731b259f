/** Names that the token controller (before Kubernetes 1.24) made: `<service account>-token-<5>`. */
export function isGeneratedTokenName(serviceAccount: string, secret: string): boolean {
  const prefix = `${serviceAccount}-token-`;
  return (
    serviceAccount !== "" &&
    secret.startsWith(prefix) &&
    /^[a-z0-9]{5}$/.test(secret.slice(prefix.length))
  );
}
