import type { Store } from "./backfill.ts";
import { logs } from "./logs.ts";
import { type OtlpOptions, type OtlpSender, otlpLogs, otlpTraces } from "./otlp.ts";
import type { Window } from "./time.ts";
import { spans } from "./traces.ts";
import type { PodResource } from "./traffic.ts";
import type { World } from "./world.ts";

/** How many are held before they are sent, of all tenants together. */
const chunk = 10_000;

type OnProgress = (share: number) => void;

/**
 * Writes what `logs()` has for a window, without its end, to a Loki: each cluster's lines to its tenant, in the order of
 * time. Throws an OtlpError where they are not taken; what came before is written. The progress is from 0 to 1.
 * @returns the number of lines
 */
export function backfillLogs(store: Store, world: World, window: Window, onProgress?: OnProgress): Promise<number> {
  return backfill(logs(world, window), {
    world,
    window,
    timeOf: ({ timestamp }) => timestamp,
    sender: (tenant) => otlpLogs(store.url, ownerOf(store, tenant)),
    onProgress,
  });
}

/**
 * Writes what `spans()` has for a window to a Tempo or a Collector, likewise.
 * @returns the number of spans
 */
export function backfillTraces(store: Store, world: World, window: Window, onProgress?: OnProgress): Promise<number> {
  return backfill(spans(world, window), {
    world,
    window,
    timeOf: ({ end }) => end,
    sender: (tenant) => otlpTraces(store.url, ownerOf(store, tenant)),
    onProgress,
  });
}

function ownerOf({ header }: Store, tenant: string): OtlpOptions {
  return header === undefined ? {} : { header, tenant };
}

interface Backfill<T> {
  readonly world: World;
  readonly window: Window;
  readonly timeOf: (item: T) => number;
  readonly sender: (tenant: string) => OtlpSender<T>;
  readonly onProgress: OnProgress | undefined;
}

async function backfill<T extends { readonly resource: PodResource }>(
  items: Iterable<T>,
  { world, window: { from, to }, timeOf, sender, onProgress = () => undefined }: Backfill<T>,
): Promise<number> {
  const senders = world.fleet.tenants.map(({ id }) => ({ id, own: sender(id) }));
  let written = 0;
  let held: T[] = [];
  const flush = async (until: number): Promise<void> => {
    for (const { id, own } of senders) await own.send(held.filter(({ resource }) => resource.cluster.tenant === id));
    written += held.length;
    held = [];
    onProgress((until - from) / (to - from));
  };
  for (const item of items) {
    held.push(item);
    if (held.length === chunk) await flush(timeOf(item));
  }
  await flush(to);
  return written;
}
