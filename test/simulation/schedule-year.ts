/** A year of schedules, by a clock that jumps, beside an oracle that walks through it minute by minute. */
import assert from "node:assert/strict";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { backupKind } from "../../src/api/backup.ts";
import { resourceKindOf } from "../../src/api/custom-resource.ts";
import { toDefinition } from "../../src/api/custom-resource-definition.ts";
import { annotations, labels } from "../../src/api/labels.ts";
import { readResource } from "../../src/api/read-resource.ts";
import { scheduleKind } from "../../src/api/schedule.ts";
import { veleroKinds } from "../../src/api/velero-kinds.ts";
import type { ControllerContext } from "../../src/controllers/controller-context.ts";
import { createScheduleController } from "../../src/controllers/schedule/create-schedule-controller.ts";
import { defaultSettings } from "../../src/controllers/server-settings.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { listAll } from "../../src/runtime/list-all.ts";
import { createObjectCache } from "../../src/runtime/object-cache.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import type { JsonObject } from "../support/api-server/json.ts";
import { plainAccess } from "../support/plain-access.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import {
  drawYear,
  intervalMinutes,
  intervalsFrom,
  type Made,
  minuteMs,
  startMs,
  yearMinutes,
} from "./schedule-oracle.ts";

const namespace = "ark-ts";
const keptBackups = 3;
const signal = new AbortController().signal;
const kinds = { schedules: scheduleKind, backups: backupKind } as const;

interface Term {
  /** By the Lease: nothing is written any more, what is begun is dropped. */
  lose(): void;
  readonly isOver: boolean;
}

/** Everything that the controller made in a year that was drawn from the seed, or in its beginning. */
export async function liveThroughYear(
  seed: number,
  minutes = yearMinutes,
): Promise<readonly Made[]> {
  const year = drawYear(seed);
  const intervals = intervalMinutes(seed);
  const clock = createVirtualClock({ startMs });
  const server = createApiServer({ clock });
  for (const kind of veleroKinds) server.seed(toDefinition(kind) as unknown as JsonObject);
  server.seed({ kind: "Namespace", apiVersion: "v1", metadata: { name: namespace } });
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const made: Made[] = [];
  const finishes = new Map<string, number>();
  let calls = 0;
  let crash: number | undefined;
  let term: Term | undefined;
  const minuteNow = (): number => Math.floor((clock.now().getTime() - startMs) / minuteMs);

  const settle = async (): Promise<void> => {
    for (let quiet = 0, before = calls; quiet < 8; quiet += 1) {
      await clock.advance(0);
      if (calls !== before) quiet = 0;
      before = calls;
    }
  };
  const at = async (minute: number, second: number): Promise<void> => {
    const leftMs = startMs + minute * minuteMs + second * 1000 - clock.now().getTime();
    if (leftMs > 0) await clock.advance(leftMs);
    await settle();
  };
  const openTerm = async (): Promise<Term> => {
    const lost = new AbortController();
    const stop = new AbortController();
    const fence = (): void => lost.signal.throwIfAborted();
    const caches = {
      schedules: createObjectCache<unknown>((error) => assert.fail(String(error))),
      backups: createObjectCache<unknown>((error) => assert.fail(String(error))),
    };
    type Raw = { readonly name: string; readonly resourceVersion: string; readonly bytes: Buffer };
    const keep = (plural: keyof typeof caches, raw: Raw): void => {
      const value = readResource(kinds[plural], raw.bytes);
      caches[plural].put(`${namespace}/${raw.name}`, {
        resourceVersion: raw.resourceVersion,
        value,
      });
    };
    // What a watch would bring, at once.
    watchers.add(keep);
    const counted = <A extends readonly unknown[], R>(
      call: (...args: A) => Promise<R>,
    ): ((...args: A) => Promise<R>) => {
      return async (...args) => {
        calls += 1;
        try {
          return await call(...args);
        } finally {
          calls += 1;
        }
      };
    };
    const fenced: Pick<Cluster, "get" | "list" | "create" | "patch"> = {
      get: counted((ref, options) => cluster.get(ref, options)),
      list: counted((request, options) => cluster.list(request, options)),
      create: counted(async (ref, body, options) => {
        fence();
        const raw = await cluster.create(ref, body, { ...options, fence });
        const { metadata } = readResource(backupKind, raw.bytes);
        const dueAt = metadata.annotations?.[annotations.scheduledFor] ?? "";
        const entry = {
          schedule: metadata.labels?.[labels.scheduleName] ?? "",
          dueMinute: Math.floor((Date.parse(dueAt) - startMs) / minuteMs),
          minute: minuteNow(),
        };
        made.push(entry);
        finishes.set(ref.name, entry.minute + year.durationOf(entry));
        if (year.crashesAfter(entry)) {
          crash = entry.minute;
          mine.lose();
        }
        tell("backups", raw);
        return raw;
      }),
      patch: counted(async (ref, type, body, options) => {
        fence();
        const raw = await cluster.patch(ref, type, body, { ...options, fence });
        tell(ref.kind.resource as keyof typeof caches, raw);
        return raw;
      }),
    };
    for (const plural of ["schedules", "backups"] as const) {
      const scope = { kind: resourceKindOf(kinds[plural]), namespace };
      await listAll(cluster, scope, 0, (raw) => keep(plural, raw), signal);
    }
    const context = {
      namespace,
      cluster: fenced,
      caches,
      events: { record: () => undefined },
      term: { epoch: 1, lost: lost.signal, fence },
      settings: defaultSettings,
      clock,
      log: { write: () => undefined },
    } as unknown as ControllerContext;
    let isOver = false;
    const mine: Term = {
      lose() {
        isOver = true;
        watchers.delete(keep);
        lost.abort(new Error("the term is over"));
        stop.abort();
      },
      get isOver() {
        return isOver;
      },
    };
    // Between its times nothing is due: a look each minute would be half a million for nothing.
    const controller = createScheduleController(context, { longestWaitMs: 86_400_000 });
    void controller.run({ stop: stop.signal, abort: lost.signal }, () => undefined);
    await settle();
    return mine;
  };
  const watchers = new Set<(plural: "schedules" | "backups", raw: never) => void>();
  const finished = new Map<string, string[]>();
  /** Old ones expire; else each list would be longer than the last. */
  const expire = async (name: string): Promise<void> => {
    const schedule = name.slice(0, -15);
    const all = [...(finished.get(schedule) ?? []), name];
    const [oldest] = all;
    finished.set(schedule, all.slice(-keptBackups));
    if (all.length <= keptBackups || oldest === undefined) return;
    const ref = { kind: resourceKindOf(backupKind), namespace, name: oldest };
    await cluster.remove(ref, { signal });
  };
  const tell = (plural: "schedules" | "backups", raw: unknown): void => {
    for (const watcher of watchers) watcher(plural, raw as never);
  };
  const patch = async (plural: keyof typeof kinds, name: string, change: object): Promise<void> => {
    const ref = { kind: resourceKindOf(kinds[plural]), namespace, name };
    tell(
      plural,
      await cluster.patch(ref, "merge", Buffer.from(JSON.stringify(change)), { signal }),
    );
    await settle();
  };

  for (const { name, text, everySeconds } of year.schedules) {
    if (everySeconds !== undefined) await at(0, intervalsFrom);
    const body = {
      apiVersion: "velero.io/v1",
      kind: "Schedule",
      metadata: { name, namespace },
      spec: { schedule: text, template: {} },
    };
    const ref = { kind: resourceKindOf(scheduleKind), namespace, name };
    await cluster.create(ref, Buffer.from(JSON.stringify(body)), { signal });
  }
  term = await openTerm();
  let returns: number | undefined;
  for (let minute = 0; minute < minutes; minute += 1) {
    const ending = [...finishes].filter(([, end]) => end === minute);
    const isBusy = year.isBusy(minute) || intervals.has(minute) || returns === minute;
    if (!isBusy && ending.length === 0) continue;
    await at(minute, 0);
    for (const { name, paused } of year.pausesAt(minute)) {
      await at(minute, 20);
      await patch("schedules", name, { spec: { paused } });
    }
    for (const [name] of ending) {
      await at(minute, 30);
      finishes.delete(name);
      await patch("backups", name, { status: { phase: "Completed" } });
      await expire(name);
    }
    await at(minute, 40);
    if (crash !== undefined) {
      returns = crash + year.crashMinutes;
      crash = undefined;
    }
    const wanted = year.isUp(minute);
    const isBack = returns === undefined || minute >= returns;
    if (!wanted && !term.isOver) term.lose();
    if (wanted && isBack && term.isOver) {
      returns = undefined;
      term = await openTerm();
    }
  }
  term.lose();
  await cluster.close();
  return made;
}
