/** Why the objects of an aggregated API cannot be restored, by `apiVersion`. */
export type LateApis = Map<string, LateApi>;

export interface LateApi {
  /** `its APIService "x" was not Available after 120 s: FailedDiscoveryCheck: …`. */
  readonly why: string;
  /** Whose API server is to come up. */
  readonly service: string;
}
