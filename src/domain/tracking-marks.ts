const trackingKeys =
  /^(?:app\.kubernetes\.io\/instance$|kubectl\.kubernetes\.io\/|argocd\.argoproj\.io\/|(?:kustomize|helm)\.toolkit\.fluxcd\.io\/)/;

/**
 * Labels or annotations without the marks by which Argo CD and Flux know their objects: with them
 * they would remove what was made of such an object, which is in no repository of theirs.
 */
export function withoutTracking(
  map: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !trackingKeys.test(key)));
}
