import { createHash } from "node:crypto";
import fc from "fast-check";
import type { Cluster } from "../../src/fleet/model.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { resolveFleet } from "../../src/fleet/resolve.ts";
import { type ClusterModel, modelOf } from "../../src/simulate/cluster.ts";
import type { FaultName } from "../../src/simulate/faults.ts";
import { sum } from "../../src/simulate/flow.ts";
import { logs } from "../../src/simulate/logs.ts";
import type { PodLog } from "../../src/simulate/traffic.ts";
import { seriesOf } from "../../src/simulate/series.ts";
import { hour, minute, type Window } from "../../src/simulate/time.ts";
import { type PodSpan, spans } from "../../src/simulate/traces.ts";
import { truth } from "../../src/simulate/truth.ts";
import { calls, entry } from "../../src/simulate/workloads.ts";
import { createWorld, type World } from "../../src/simulate/world.ts";
import { testFleet } from "../support/fleets.ts";

const small = testFleet("small");
const atlas = testFleet("atlas");
/** A Wednesday, at noon. */
const from = Date.UTC(2026, 10, 18, 12);
const window: Window = { from, to: from + minute };

const clusterOf = ({ resource }: PodLog | PodSpan): string => resource.cluster.name;
const timeOf = (item: PodLog | PodSpan): number => ("end" in item ? item.end : item.timestamp);
const isServer = ({ kind }: PodSpan): boolean => kind === "server";
const took = ({ start, end }: PodSpan): number => end - start;

/** One hash of all bytes. */
function bytes(...streams: readonly Iterable<PodLog | PodSpan>[]): string {
  const hash = createHash("sha256");
  for (const items of streams) {
    for (const item of items) hash.update(JSON.stringify({ ...item, resource: item.resource.attributes }));
  }
  return hash.digest("hex");
}

const both = (world: World, part: Window): string[] => [bytes(spans(world, part)), bytes(logs(world, part))];

describe.each([
  { name: "small", fleet: small, start: from + 12 * hour - minute / 2 },
  { name: "atlas", fleet: atlas, start: from },
])("traffic of $name", ({ fleet, start }) => {
  const world = createWorld(fleet);

  test("is the same when the window is cut anywhere, around midnight too", () => {
    const end = start + minute;
    const whole = both(world, { from: start, to: end });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: minute }), (cut) => {
        const first = { from: start, to: start + cut };
        const last = { from: start + cut, to: end };
        const lines = bytes(logs(world, first), logs(world, last));
        expect([bytes(spans(world, first), spans(world, last)), lines]).toEqual(whole);
      }),
      { numRuns: 2 },
    );
  });

  test("comes in the order of time, inside the window", () => {
    for (const items of [spans(world, window), logs(world, window)]) {
      const times = [...items].map(timeOf);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times[0]).toBeGreaterThanOrEqual(from);
      expect(times.at(-1)).toBeLessThan(window.to);
    }
  });

  test("has whole traces: each span inside its parent's, of the caller; each line that has ids of a span of its pod", () => {
    // Whatever ends in the window began at most half a minute before it, so all of these are whole.
    const all = [...spans(world, { from, to: window.to + minute / 2 })];
    const byId = new Map(all.map((span) => [span.spanId, span]));
    expect(byId.size).toBe(all.length);
    const ended = all.filter(({ end }) => end < window.to);
    const roots = ended.filter(({ parentSpanId }) => parentSpanId === undefined);
    expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(roots.length);
    expect(roots.every((span) => isServer(span) && span.resource.pod.container === entry)).toBe(true);
    for (const span of ended.filter(({ parentSpanId }) => parentSpanId !== undefined)) {
      const parent = byId.get(span.parentSpanId ?? "");
      const fits = parent !== undefined && parent.start <= span.start && parent.end >= span.end;
      if (!fits || parent.traceId !== span.traceId || parent.kind === span.kind) {
        throw new Error(`span ${span.spanId} does not fit into its parent`);
      }
    }
    const lines = [...logs(world, window)].filter(({ traceId }) => traceId !== undefined);
    expect(lines.length).toBeGreaterThan(100);
    const known = (span?: PodSpan) => [span?.traceId, span?.resource.pod.name, span?.end].join(" ");
    expect(lines.map((line) => [line.traceId, line.resource.pod.name, line.timestamp].join(" "))).toEqual(
      lines.map(({ spanId = "" }) => known(byId.get(spanId))),
    );
  });

  test("comes from every cluster that metrics come from, under the labels that they have", () => {
    const lines = [...logs(world, { from, to: from + 3 * minute })];
    expect(new Set(lines.map(clusterOf))).toEqual(
      new Set(fleet.clusters.filter(({ state }) => state !== "planned").map(({ name }) => name)),
    );
    for (const { attributes, cluster } of new Set(lines.map(({ resource }) => resource))) {
      expect(attributes).toMatchObject({
        [fleet.labels.cluster]: cluster.name,
        [fleet.labels.environment]: cluster.environment,
        [fleet.labels.region]: cluster.region,
        [fleet.labels.cluster_type]: cluster.type,
        [fleet.labels.tenant_id]: fleet.name,
      });
    }
  });
});

test("traffic is the same twice, and another with another seed", () => {
  const [one, same, other] = [1, 1, 2].map((seed) => both(createWorld(small, { seed }), window));
  expect(same).toEqual(one);
  expect(other).not.toEqual(one);
});

const gpus = createWorld(referenceFleet, { size: { nodes: 3, pods: 24 } });

test("lines are of pods that kube-state-metrics knows at that moment, of the image that they have then", () => {
  const web = modelAt(gpus, "stg-uaenorth").workloads.find(({ plan }) => plan.name === entry);
  const released = web?.releases.at(-1)?.at ?? 0;
  const around = { from: released - 5 * minute, to: released + 5 * minute };
  const lines = [...logs(gpus, around)];
  for (const cluster of gpus.clusters) {
    const own = lines.filter(
      (line) => clusterOf(line) === cluster.name && line.resource.attributes["k8s.pod.name"] !== undefined,
    );
    expect(own.length).toBeGreaterThan(50);
    const containers = seriesOf(gpus, cluster, around).filter(({ family }) => family === "kube_pod_container_info");
    const unknown = own.filter(({ resource: { attributes, pod }, timestamp }) => {
      const known = containers.filter(
        ({ labels, at }) =>
          labels["pod"] === pod.name && labels["namespace"] === pod.namespace && at(timestamp) !== undefined,
      );
      return !known.some(({ labels }) => labels["image"]?.endsWith(`:${attributes["service.version"]}`));
    });
    expect(unknown).toEqual([]);
  }
  const versions = lines.flatMap(({ resource: { cluster, attributes } }) =>
    cluster.name === "stg-uaenorth" && attributes["service.name"] === entry ? [attributes["service.version"]] : [],
  );
  expect(new Set(versions).size).toBe(2);
});

test("model servers write too, and fall silent when nobody asks them anything", () => {
  const name = "vllm-llama-3-1-8b";
  const faults = [{ name: "gpu-idle", from, to: from + hour, cluster: "prd-uaenorth" }];
  const clusters = (world: World): Set<string> =>
    new Set(
      [...logs(world, { from, to: from + 3 * minute })]
        .filter(({ resource }) => resource.attributes["service.name"] === name)
        .map(clusterOf),
    );
  expect([...clusters(gpus)].sort()).toEqual(["dev-uaenorth", "prd-uaenorth", "stg-uaenorth"]);
  const idle = createWorld(referenceFleet, { size: { nodes: 3, pods: 24 }, faults });
  expect([...clusters(idle)].sort()).toEqual(["dev-uaenorth", "stg-uaenorth"]);
});

test("requests are those of the metrics: how many of a service for each from outside, and how long they take", () => {
  const { services, rate } = modelAt(gpus, "prd-uaenorth");
  const all = [...spans(gpus, { from, to: from + 40 * minute })].filter(
    (span) => clusterOf(span) === "prd-uaenorth" && isServer(span),
  );
  const countOf = (name: string): number => all.filter(({ resource }) => resource.pod.container === name).length;
  const outside = services.find(({ workload }) => workload.plan.name === entry)?.requests ?? sum([]);
  const middle = from + 20 * minute;
  for (const { workload, requests, latency } of services) {
    const { name } = workload.plan;
    const each = rate(requests)(middle) / rate(outside)(middle);
    expect(Math.abs(countOf(name) / countOf(entry) / each - 1)).toBeLessThan(0.15);
    // Who calls others also waits for them.
    if (calls.some(([caller]) => caller === name)) continue;
    const durations = all
      .filter(({ resource }) => resource.pod.container === name)
      .map(took)
      .toSorted((a, b) => a - b);
    const median = durations[Math.floor(durations.length / 2)] ?? 0;
    expect(Math.abs(median / latency - 1)).toBeLessThan(0.15);
  }
});

test("clusters call each other where the mesh's metrics say so", () => {
  const fleet = resolveFleet({
    name: "ring",
    environments: [{ name: "prd" }],
    defaults: { mesh: "istio", nodes: 2, pods: 15 },
    clusters: ["a", "b", "c"].map((name) => ({ name, environment: "prd", region: name })),
  });
  const world = createWorld(fleet);
  const byId = new Map([...spans(world, { from, to: from + 10 * minute })].map((span) => [span.spanId, span]));
  const found = [...byId.values()].flatMap((span) => {
    const parent = byId.get(span.parentSpanId ?? "");
    if (!parent || clusterOf(parent) === clusterOf(span)) return [];
    return [[parent, span].map((one) => `${clusterOf(one)}/${one.resource.pod.container}`).join(" ")];
  });
  const counted = fleet.clusters
    .flatMap((cluster) => seriesOf(world, cluster, window))
    .filter(({ family }) => family === "istio_requests_total")
    .filter(({ labels }) => labels["source_cluster"] !== labels["destination_cluster"])
    .map(({ labels }) =>
      ["source", "destination"].map((end) => `${labels[`${end}_cluster`]}/${labels[`${end}_workload`]}`).join(" "),
    );
  expect(new Set(counted).size).toBe(3);
  expect(new Set(found)).toEqual(new Set(counted));
});

describe("faults", () => {
  const faulty = "prd-uaenorth";
  const calm = createWorld(small);
  const bad = { from: from + 3 * minute, to: from + 8 * minute };
  const long = { from, to: from + 10 * minute };
  const usual = [[...spans(calm, long)], [...logs(calm, long)]] as const;
  const inFault = (ms: number): boolean => ms >= bad.from && ms < bad.to;

  /** What is so in the faulty cluster without and with the fault; elsewhere all must be the same. */
  function changed(name: FaultName): { readonly spans: PodSpan[][]; readonly lines: PodLog[][] } {
    const world = createWorld(small, { faults: [{ name, ...bad, cluster: faulty }] });
    const parts = [usual[0], [...spans(world, long)]];
    const lines = [usual[1], [...logs(world, long)]];
    for (const [before = [], after = []] of [parts, lines]) {
      const elsewhere = (item: PodLog | PodSpan): boolean => clusterOf(item) !== faulty;
      expect(bytes(after.filter(elsewhere))).toBe(bytes(before.filter(elsewhere)));
    }
    const here = <T extends PodLog | PodSpan>(items: readonly T[]): T[] =>
      items.filter((item) => clusterOf(item) === faulty);
    return { spans: parts.map(here), lines: lines.map(here) };
  }

  const ids = (all: readonly PodSpan[] = []): string[] => all.map(({ spanId, start }) => `${spanId} ${start}`).sort();

  test("an error burst fails as many requests as the metrics say, of its cluster in its time", () => {
    const {
      spans: [before, after = []],
      lines: [, lines = []],
    } = changed("error-burst");
    // What has ended by then is not all that has begun: failures take longer.
    expect(ids(after.filter(({ start }) => start < long.to - minute))).toEqual(
      ids(before?.filter(({ start }) => start < long.to - minute)),
    );
    const served = after.filter((span) => isServer(span) && inFault(span.start));
    const failed = served.filter(({ error }) => error !== undefined);
    const { errorRatio } = truth(createWorld(small, { faults: [{ name: "error-burst", ...bad, cluster: faulty }] }));
    const expected = errorRatio(named(calm, faulty), bad.from);
    expect(Math.abs(failed.length / served.length - expected)).toBeLessThan(0.08);
    expect(failed.length).toBeGreaterThan(100);
    // Who fails because of another leaves it to that one to say why.
    expect(failed.some(({ isCause }) => !isCause)).toBe(true);
    const errors = lines.filter(({ severity }) => severity === "error");
    expect(errors.length).toBeGreaterThan(50);
    expect(errors.filter(({ timestamp }) => inFault(timestamp)).length / errors.length).toBeGreaterThan(0.95);
  });

  test("a latency burst makes requests of its cluster take as much longer as the metrics say", () => {
    const {
      spans: [before = [], after = []],
    } = changed("latency-burst");
    const known = new Map(before.map((span) => [span.spanId, took(span)]));
    const leaves = after.filter(({ resource, kind }) => kind === "server" && resource.pod.container === "checkout");
    const factors = leaves.map((span) => ({
      bad: inFault(span.start),
      factor: took(span) / (known.get(span.spanId) ?? 0),
    }));
    expect(factors.length).toBeGreaterThan(30);
    for (const { bad: is, factor } of factors) expect(factor).toBeCloseTo(is ? 6 : 1, 3);
  });

  test("a flood is warnings of one pod of its cluster, and nothing else", () => {
    const {
      spans: [before = [], after = []],
      lines: [few = [], many = []],
    } = changed("log-flood");
    expect(bytes(after)).toBe(bytes(before));
    const known = new Set(few.map((line) => bytes([line])));
    const added = many.filter((line) => !known.has(bytes([line])));
    expect(added.length).toBe(many.length - few.length);
    expect(added.length).toBeGreaterThan(10 * few.length);
    expect(added.every(({ severity, timestamp }) => severity === "warn" && inFault(timestamp))).toBe(true);
    expect(new Set(added.map(({ resource }) => resource.pod.name)).size).toBe(1);
  });

  test("of a silent cluster nothing is heard, and all is as it was before and after", () => {
    for (const [before = [], after = []] of Object.values(changed("cluster-silent"))) {
      expect(bytes(after)).toBe(bytes(before.filter((item) => !inFault(timeOf(item)))));
    }
  });

  test("where an agent has the wrong label, all bears it", () => {
    const { environment } = small.labels;
    const {
      lines: [, lines = []],
    } = changed("wrong-external-label");
    const labels = lines.map(({ resource }) => resource.attributes[environment]);
    expect(new Set(labels)).toEqual(new Set(["prd", "dev"]));
  });
});

test("years are as lazy as minutes", () => {
  expect(spans(createWorld(small), { from, to: from + 1e12 }).next().done).toBe(false);
});

function modelAt(world: World, name: string): ClusterModel {
  return modelOf(world, named(world, name), { from, to: from + hour });
}

function named({ clusters }: World, name: string): Cluster {
  const cluster = clusters.find((one) => one.name === name);
  if (!cluster) throw new Error(`no cluster ${name}`);
  return cluster;
}
