/** The log of a container. */
export interface PodLogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** That of the run before the last restart. Default false. */
  readonly previous?: boolean;
  /** The end of the log, of about this size. */
  readonly tailLines: number;
}

export interface PodLogs {
  /** Errors: ARK_API_FORBIDDEN, ARK_API_NOT_FOUND, ARK_API_INVALID where there is no such run, ARK_API_*. */
  podLog(request: PodLogRequest, options: { readonly signal: AbortSignal }): Promise<Buffer>;
}
