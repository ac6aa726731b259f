import { accountManifests } from "./account.ts";
import { deploymentManifest } from "./deployment.ts";
import { locationManifests } from "./location.ts";
import type { Manifest } from "./manifest.ts";
import type { ServerRequest } from "./server-request.ts";
import { namespaceManifest, surroundingManifests } from "./surroundings.ts";

/**
 * All that an installation writes beside the kinds of velero.io, in the order in which it can be
 * written. The command, deploy/kustomize and deploy/helm come from this.
 */
export function serverManifests(request: ServerRequest): readonly Manifest[] {
  return [
    namespaceManifest(request),
    ...accountManifests(request),
    ...locationManifests(request),
    ...surroundingManifests(request),
    deploymentManifest(request),
  ];
}
