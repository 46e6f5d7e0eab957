import { createHash } from "node:crypto";
import fc from "fast-check";
import { type Logs, logs, type PodLog } from "../../src/simulate/logs.ts";
import { type PodSpan, spans, usualServices } from "../../src/simulate/traces.ts";
import { testFleet } from "../support/fleets.ts";

const small = testFleet("small");
const atlas = testFleet("atlas");
const from = Date.UTC(2026, 0, 5, 12);
const minute = 60_000;

const window = (more: Partial<Logs> = {}): Logs => ({ fleet: small, from, to: from + minute, ...more });
const clusterOf = ({ resource }: PodLog | PodSpan): string => resource.service.cluster.name;

/** One hash of all bytes. */
function bytes(...streams: readonly Iterable<PodLog | PodSpan>[]): string {
  const hash = createHash("sha256");
  for (const items of streams) {
    for (const item of items) {
      hash.update(JSON.stringify({ ...item, resource: item.resource.attributes }));
    }
  }
  return hash.digest("hex");
}

describe.each([
  { name: "small", fleet: small },
  { name: "atlas", fleet: atlas },
])("traffic of $name", ({ fleet }) => {
  const traffic = window({ fleet, errorRatio: () => 0.1 });

  test("is the same twice, and another with another seed", () => {
    expect(bytes(spans(traffic))).toBe(bytes(spans(traffic)));
    expect(bytes(logs(traffic))).toBe(bytes(logs(traffic)));
    expect(bytes(spans({ ...traffic, seed: 2 }))).not.toBe(bytes(spans(traffic)));
  });

  test("is the same when the window is cut anywhere", () => {
    const [lines, whole] = [bytes(logs(traffic)), bytes(spans(traffic))];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: minute }), (cut) => {
        const [first, second] = [
          { ...traffic, to: from + cut },
          { ...traffic, from: from + cut },
        ];
        expect(bytes(spans(first), spans(second))).toBe(whole);
        expect(bytes(logs(first), logs(second))).toBe(lines);
      }),
      { numRuns: 5 },
    );
  });

  test("comes in the order of time, inside the window", () => {
    for (const times of [
      [...spans(traffic)].map(({ end }) => end),
      [...logs({ ...traffic, flood: () => 7.5 })].map(({ timestamp }) => timestamp),
    ]) {
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times[0]).toBeGreaterThanOrEqual(from);
      expect(times.at(-1)).toBeLessThan(traffic.to);
    }
  });

  test("has whole traces: each span inside its parent's, of the caller; each line of a span of its pod", () => {
    // Whatever ends in the window began at most half a minute before it, so all of these are whole.
    const all = [...spans({ ...traffic, to: traffic.to + minute / 2 })];
    const byId = new Map(all.map((span) => [span.spanId, span]));
    expect(byId.size).toBe(all.length);
    const ended = all.filter(({ end }) => end < traffic.to);
    const roots = ended.filter(({ parentSpanId }) => parentSpanId === undefined);
    expect(roots.every(({ kind, resource }) => kind === "server" && resource.service.entry)).toBe(true);
    for (const { parentSpanId = "", spanId, kind, traceId, start, end } of ended.filter(
      (span) => !roots.includes(span),
    )) {
      const parent = byId.get(parentSpanId);
      const fits = parent !== undefined && parent.start <= start && parent.end >= end;
      if (!fits || parent.traceId !== traceId || parent.kind === kind) {
        throw new Error(`span ${spanId} does not fit into its parent`);
      }
    }
    const lines = [...logs(traffic)];
    expect(lines.length).toBeGreaterThan(200);
    const written = lines.map(({ traceId, resource, timestamp }) => [traceId, resource.name, timestamp].join(" "));
    const spoken = lines.map(({ spanId = "" }) => byId.get(spanId));
    expect(written).toEqual(spoken.map((span) => [span?.traceId, span?.resource.name, span?.end].join(" ")));
  });

  test("says whose it is by the fleet's label names", () => {
    const { labels } = fleet;
    for (const resource of new Set([...logs(traffic)].map((line) => line.resource))) {
      const { cluster, name, namespace } = resource.service;
      expect(resource.attributes).toMatchObject({
        [labels.cluster]: cluster.name,
        [labels.environment]: cluster.environment,
        [labels.region]: cluster.region,
        [labels.cluster_type]: cluster.type,
        [labels.tenant_id]: fleet.name,
        "service.name": name,
        "k8s.namespace.name": namespace,
        "k8s.pod.name": resource.name,
      });
    }
  });

  test("reaches every running cluster and no planned one, and crosses from one to another", () => {
    const running = fleet.clusters.filter(({ state }) => state !== "planned").map(({ name }) => name);
    const all = [...spans(traffic)];
    expect([...new Set(all.map(clusterOf))].sort()).toEqual(running.sort());
    const places = new Set(all.map((span) => `${span.traceId} ${clusterOf(span)}`));
    expect(places.size).toBeGreaterThan(new Set(all.map(({ traceId }) => traceId)).size);
  });
});

describe("faults", () => {
  const faulty = "prd-uaenorth";
  const inFault = (cluster: string, ms: number): boolean =>
    cluster === faulty && ms >= from + 20_000 && ms < from + 40_000;
  const healthy = window({ errorRatio: () => 0 });

  test("an error burst fails requests of its cluster in its time and leaves all else as it was", () => {
    const burst = { ...healthy, errorRatio: (cluster: string, ms: number) => (inFault(cluster, ms) ? 0.5 : 0) };
    const [before, after] = [[...spans(healthy)], [...spans(burst)]];
    expect(before.filter(({ error }) => error !== undefined)).toEqual([]);
    const shape = (all: readonly PodSpan[]): string =>
      all.map(({ spanId, start, end }) => [spanId, start, end].join(" ")).join();
    expect(shape(after)).toBe(shape(before));
    const elsewhere = (span: PodSpan): boolean => clusterOf(span) !== faulty;
    expect(bytes(after.filter(elsewhere))).toBe(bytes(before.filter(elsewhere)));
    // Their callers fail with 502, and may have begun a moment earlier.
    const failed = after.filter(
      ({ kind, attributes }) => kind === "server" && attributes["http.response.status_code"] === 503,
    );
    expect(failed.length).toBeGreaterThan(50);
    expect(failed.every((span) => inFault(clusterOf(span), span.start))).toBe(true);
    const levels = [...logs(burst)].filter(({ severity }) => severity === "error");
    expect(levels.length).toBeGreaterThan(50);
    expect(
      levels.every(
        (line) => inFault(clusterOf(line), line.timestamp - 1000) || inFault(clusterOf(line), line.timestamp),
      ),
    ).toBe(true);
  });

  test("who can do without a failed call goes on, and says so", () => {
    const errorRatio = (cluster: string): number => (cluster === "ops-uaenorth" ? 1 : 0);
    const callers = [...spans({ ...healthy, errorRatio })].filter((span) => clusterOf(span) !== "ops-uaenorth");
    expect(callers.filter(({ kind, error }) => kind === "client" && error !== undefined).length).toBeGreaterThan(0);
    expect(callers.filter(({ kind, error }) => kind === "server" && error !== undefined)).toEqual([]);
    const lines = [...logs({ ...healthy, errorRatio })].filter((line) => clusterOf(line) !== "ops-uaenorth");
    expect(lines.some(({ severity, body }) => severity === "warn" && body.includes("peer=identity"))).toBe(true);
  });

  test("a flood is lines of one pod, as many as asked for, and nothing else", () => {
    const flood = (cluster: string, ms: number): number => (inFault(cluster, ms) ? 250.5 : 0);
    const lines = [...logs({ ...healthy, flood })];
    const added = lines.filter(({ traceId }) => traceId === undefined);
    expect(added).toHaveLength(20 * 250.5);
    expect(added.every((line) => inFault(clusterOf(line), line.timestamp))).toBe(true);
    expect(new Set(added.map(({ resource }) => resource.name)).size).toBe(1);
    expect(bytes(lines.filter(({ traceId }) => traceId !== undefined))).toBe(bytes(logs(healthy)));
  });

  test("more requests are more of the same, and none leave a cluster silent", () => {
    const rate = (times: number) => (cluster: string) => (cluster === faulty ? times : 1);
    const roots = (times: number): string[] =>
      [...spans({ ...healthy, rate: rate(times) })]
        .filter(({ parentSpanId }) => parentSpanId === undefined)
        .filter((span) => clusterOf(span) === faulty)
        .map(({ traceId }) => traceId);
    const [none, some, many] = [roots(0), roots(2), roots(20)];
    expect(none).toEqual([]);
    expect(Math.abs(some.length - 120)).toBeLessThan(5);
    expect(Math.abs(many.length - 1200)).toBeLessThan(20);
    expect(some.every((id) => many.includes(id))).toBe(true);
  });

  test("slowness stretches the spans of its cluster, up to where gateways give up", () => {
    const longest = (factor: number): number => {
      const slow = { ...healthy, slowness: (cluster: string) => (cluster === faulty ? factor : 1) };
      return Math.max(
        ...[...spans(slow)].filter((span) => clusterOf(span) === faulty).map(({ start, end }) => end - start),
      );
    };
    expect(longest(10)).toBeGreaterThan(5 * longest(1));
    expect(longest(10_000)).toBeLessThanOrEqual(30_001);
  });
});

test("years are as lazy as minutes", () => {
  const first = spans(window({ to: from + 1e12 })).next();
  expect(first.done).toBe(false);
});

test("services can be given", () => {
  const [one] = usualServices(small);
  if (one === undefined) {
    throw new Error("a fleet without services");
  }
  const services = [{ ...one, name: "lone", pods: ["lone-0"] as const, calls: [] }];
  const names = [...spans(window({ services }))].map(({ resource }) => resource.name);
  expect([...new Set(names)]).toEqual(["lone-0"]);
});
