/** A GET that the API server passes on to a pod of a Service, by HTTPS. */
export interface ServiceRequest {
  readonly namespace: string;
  readonly service: string;
  /** Name of the Service's port. */
  readonly port: string;
  /** With its query, as the pod is to see it. */
  readonly path: string;
}

export interface ServiceProxy {
  /**
   * The body of an answer of success; it must be consumed to its end or returned early. Errors:
   * ARK_API_FORBIDDEN without the right `get services/proxy`, ARK_API_*; answers of the pod other
   * than success are told as if they were the API server's.
   */
  getThroughService(
    request: ServiceRequest,
    options: { readonly signal: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>>;
}
