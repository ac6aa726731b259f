import type { ArkError, ErrorCode } from "../../../lib/errors.ts";
import { ApiError } from "../../../ports/cluster.ts";
import { ExecError, type ExecOutput, type ExecRequest } from "../../../ports/pod-exec.ts";
import { wasNeverSent } from "../unreachable.ts";

/** `exec in container "postgres" of pod "shop/db-0"`, as sentences name it. */
export function describeExec({ namespace, pod, container }: ExecRequest): string {
  return `exec in container "${container}" of pod "${namespace}/${pod}"`;
}

/** The API server did not open the connection, or was not reached. */
export function notOpened(request: ExecRequest, error: ArkError): ExecError {
  const { code, message, advice } = refusalOf(request, error);
  const mayHaveRun = error instanceof ApiError && error.api.status === 0 && !wasNeverSent(error);
  return new ExecError(code, message, {
    tried: describeExec(request),
    ...(error.answer === undefined ? {} : { answer: error.answer }),
    ...(advice === undefined ? {} : { advice }),
    disposition: error.disposition,
    cause: error,
    mayHaveRun,
  });
}

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly advice: string | undefined;
}

function refusalOf(request: ExecRequest, error: ArkError): Refusal {
  const { code, message, advice } = error;
  const status = error instanceof ApiError ? error.api.status : 0;
  const cannot = `cannot ${describeExec(request)}`;
  if (status === 403) {
    return {
      code,
      message: `${cannot}: the API server forbids it`,
      advice: `Grant the user the rights "get" and "create" on "pods/exec" in namespace "${request.namespace}": Kubernetes asks for the first up to 1.34, for both from 1.35 on.`,
    };
  }
  if (status === 404) {
    return {
      code,
      message: `${cannot}: the API server does not find the pod, or not its node`,
      advice: "See whether the pod was replaced, and whether its node is there.",
    };
  }
  if (status === 400) {
    return {
      code: "ARK_EXEC_REFUSED",
      message: `${cannot}: the API server refuses it`,
      advice: "Check the container's name, and that the pod runs on a node.",
    };
  }
  return { code, message, advice };
}

/** The runtime said that the command could not be run. */
export function notRun(request: ExecRequest, answer: string, output: ExecOutput): ExecError {
  const neverBegan =
    /executable file not found|no such file or directory|permission denied|container not found|not running/i;
  return new ExecError(
    "ARK_EXEC_REFUSED",
    `cannot ${describeExec(request)}: its runtime could not run ${quoted(request)}`,
    {
      tried: describeExec(request),
      answer,
      advice: "Check that the program is in the container's image and that the container runs.",
      mayHaveRun: !neverBegan.test(answer),
      output,
    },
  );
}

export function notEnded(request: ExecRequest, mayHaveRun: boolean, output: ExecOutput): ExecError {
  return new ExecError(
    "ARK_EXEC_TIMEOUT",
    `${quoted(request)} in container "${request.container}" of pod "${request.namespace}/${request.pod}" did not end within ${request.timeoutMs / 1000} s`,
    {
      tried: describeExec(request),
      advice:
        "It may go on running there. Allow it more time, or see in the pod what it waits for.",
      mayHaveRun,
      output,
    },
  );
}

export function lost(request: ExecRequest, reason: string, output: ExecOutput): ExecError {
  return new ExecError(
    "ARK_EXEC_LOST",
    `the connection to ${quoted(request)} in container "${request.container}" of pod "${request.namespace}/${request.pod}" ended before the command's end was told`,
    {
      tried: describeExec(request),
      ...(reason === "" ? {} : { answer: reason }),
      advice:
        "How it ended is unknown: see in the pod. The container, its node or the API server may have gone away.",
      disposition: "retry",
      mayHaveRun: true,
      output,
    },
  );
}

const maxCommandLength = 120;

function quoted({ command }: ExecRequest): string {
  const text = JSON.stringify(command.join(" "));
  return text.length > maxCommandLength ? `${text.slice(0, maxCommandLength)}…"` : text;
}
