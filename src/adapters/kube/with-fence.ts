import type { Dispatcher } from "undici";

/**
 * The same dispatcher, but `fence` is asked when a request is about to be written to its connection:
 * while it waited for one, the right to write may have been lost. What `fence` throws ends it.
 * From that look to the system call some microseconds remain: a process that is stopped just then
 * sends this one request after it was woken. No client can close that gap; a resourceVersion does.
 */
export function withFence(dispatcher: Dispatcher, fence: () => void): Dispatcher {
  return dispatcher.compose(
    (dispatch) => (options, handler) => dispatch(options, fencedHandler(handler, fence)),
  );
}

function fencedHandler(
  inner: Dispatcher.DispatchHandler,
  fence: () => void,
): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller, context) {
      fence();
      inner.onRequestStart?.(controller, context);
    },
    onResponseStart: (...answer) => inner.onResponseStart?.(...answer),
    onResponseData: (...chunk) => inner.onResponseData?.(...chunk),
    onResponseEnd: (...end) => inner.onResponseEnd?.(...end),
    onResponseError: (...failure) => inner.onResponseError?.(...failure),
  };
}
