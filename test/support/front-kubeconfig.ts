/** A front speaks to the API server in the name of the testbed's user: who asks it needs no credentials. */
export function frontKubeconfig(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "front",
    clusters: [{ name: "front", cluster: { server } }],
    users: [{ name: "front", user: {} }],
    contexts: [{ name: "front", context: { cluster: "front", user: "front" } }],
  });
}
