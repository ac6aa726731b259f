/** WATCH: history first, then what happens, until the client or the timeout ends it. */
import type { ApiResponse, ResourceRequest, ServerContext } from "./api-call.ts";
import { type ApiStatus, statusBody, watchTooOld } from "./api-status.ts";
import { groupVersion, type ServedKind } from "./kinds.ts";
import { revisionParameter } from "./list.ts";
import { getForm } from "./object-form.ts";
import { type Matches, parseSelection } from "./selectors.ts";
import type { Etcd, StoreEvent, Table, Version } from "./store.ts";

interface WatchPlan {
  readonly kind: ServedKind;
  readonly table: Table;
  readonly matches: Matches;
  /** `""` or `namespace/`. */
  readonly prefix: string;
  /** Objects that stand already, to be shown first. */
  readonly initial: readonly Version[] | undefined;
  /** Position in the log of the first event to show. */
  readonly from: number;
  /** Nothing is said up to this revision, even if it is still to come. */
  readonly after: number;
  readonly tooOld: ApiStatus | undefined;
  readonly bookmarks: boolean;
  readonly timeoutMs: number | undefined;
}

function plan(context: ServerContext, request: ResourceRequest): WatchPlan {
  const { kind, namespace, query } = request;
  const table = context.store.table(kind.storage);
  const { etcd } = table;
  const { matches } = parseSelection(kind, query);
  const prefix = namespace === "" ? "" : `${namespace}/`;
  const asked = revisionParameter(query) ?? 0;
  const wantsInitial = query.get("sendInitialEvents") ?? (asked === 0 ? "true" : "false");
  const scan = { prefix, from: "", revision: etcd.revision };
  const timeout = Number(query.get("timeoutSeconds") ?? "0");
  return {
    kind,
    table,
    matches,
    prefix,
    initial: wantsInitial === "true" ? [...table.scan(scan)].filter(matches) : undefined,
    from:
      wantsInitial === "true" || asked === 0
        ? positionAfter(etcd, etcd.revision)
        : positionAfter(etcd, asked),
    after: asked,
    tooOld: asked !== 0 && asked < etcd.compacted ? watchTooOld(asked, etcd.compacted) : undefined,
    bookmarks: query.get("allowWatchBookmarks") === "true",
    timeoutMs: timeout > 0 ? timeout * 1000 : undefined,
  };
}

function positionAfter(etcd: Etcd, revision: number): number {
  let low = 0;
  let high = etcd.events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((etcd.events[middle]?.version.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return etcd.dropped + low;
}

export function watch(context: ServerContext, request: ResourceRequest): ApiResponse {
  const planned = plan(context, request);
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: lines(context, planned, request.signal),
  };
}

async function* lines(
  context: ServerContext,
  plan: WatchPlan,
  gone: AbortSignal,
): AsyncGenerator<Buffer> {
  const { table, kind } = plan;
  const { etcd } = table;
  if (plan.tooOld !== undefined) {
    yield line("ERROR", statusBody(plan.tooOld).subarray(0, -1));
    return;
  }
  for (const version of plan.initial ?? []) yield line("ADDED", getForm(kind, version));
  if (plan.initial !== undefined && plan.bookmarks) yield bookmark(plan, true);
  const over = new AbortController();
  const ended = AbortSignal.any([gone, over.signal]);
  const timers = startTimers(context, plan, over);
  try {
    let position = plan.from;
    while (!gone.aborted) {
      if (position < etcd.dropped) {
        const status = watchTooOld(etcd.compacted, etcd.compacted);
        yield line("ERROR", statusBody(status).subarray(0, -1));
        return;
      }
      const event = etcd.events[position - etcd.dropped];
      if (event !== undefined) {
        position += 1;
        const shown = eventLine(plan, event);
        if (shown !== undefined) yield shown;
      } else if (timers.takeBookmark() || (over.signal.aborted && plan.bookmarks)) {
        if (etcd.revision >= plan.after) yield bookmark(plan, false);
        if (over.signal.aborted) return;
      } else if (over.signal.aborted) {
        return;
      } else {
        await Promise.race([etcd.nextEvent(ended), timers.bookmarkDue()]);
      }
    }
  } finally {
    over.abort();
  }
}

interface Timers {
  /** True once per bookmark that is due. */
  takeBookmark(): boolean;
  bookmarkDue(): Promise<void>;
}

/** Both run on the injected clock; aborting `over` ends them. */
function startTimers(context: ServerContext, plan: WatchPlan, over: AbortController): Timers {
  const { clock, bookmarkMs } = context;
  let due = false;
  let waiting: Promise<void> | undefined;
  const ignoreAbort = () => undefined;
  if (plan.timeoutMs !== undefined) {
    clock.sleep(plan.timeoutMs, over.signal).then(() => over.abort(), ignoreAbort);
  }
  const bookmarkDue = (): Promise<void> => {
    if (!plan.bookmarks) return new Promise(() => undefined);
    waiting ??= clock.sleep(bookmarkMs, over.signal).then(() => {
      due = true;
      waiting = undefined;
    }, ignoreAbort);
    return waiting;
  };
  const takeBookmark = () => {
    const was = due;
    due = false;
    return was;
  };
  return { takeBookmark, bookmarkDue };
}

/** With a selector, an object that begins or ceases to match appears or vanishes. */
function eventLine(plan: WatchPlan, event: StoreEvent): Buffer | undefined {
  if (event.storage !== plan.table.storage || !event.key.startsWith(plan.prefix)) return undefined;
  if (event.version.revision <= plan.after) return undefined;
  const { kind, matches } = plan;
  const was = event.previous !== undefined && matches(event.previous);
  const is = event.type !== "DELETED" && matches(event.version);
  if (!was && !is) return undefined;
  const type = !is ? "DELETED" : was ? "MODIFIED" : "ADDED";
  return line(type, getForm(kind, event.version));
}

function bookmark({ kind, table }: WatchPlan, initialEnd: boolean): Buffer {
  const resourceVersion = String(table.etcd.revision);
  const metadata = initialEnd
    ? { resourceVersion, annotations: { "k8s.io/initial-events-end": "true" } }
    : { resourceVersion };
  const object = { kind: kind.kind, apiVersion: groupVersion(kind), metadata };
  return line("BOOKMARK", Buffer.from(JSON.stringify(object)));
}

function line(type: string, object: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, Buffer.from("}\n")]);
}
