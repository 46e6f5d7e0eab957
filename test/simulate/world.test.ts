import type { Cluster, Fleet } from "../../src/fleet/model.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { roles } from "../../src/labels.ts";
import { metric } from "../../src/metrics/index.ts";
import { exposition } from "../../src/simulate/exposition.ts";
import { lateness } from "../../src/simulate/mess.ts";
import { type SimulatedSeries, seriesOf } from "../../src/simulate/series.ts";
import { day, hour, minute } from "../../src/simulate/time.ts";
import { truth } from "../../src/simulate/truth.ts";
import { createWorld, type World } from "../../src/simulate/world.ts";
import { testFleet } from "../support/fleets.ts";

const small = testFleet("small");
const atlas = testFleet("atlas");
/** A Wednesday, at noon. */
const noon = Date.UTC(2026, 10, 18, 12);
const size = { nodes: 3, pods: 24 };

describe("one seed", () => {
  test.each([
    { what: "the small fleet", fleet: small },
    { what: "a fleet with other labels", fleet: atlas },
    { what: "a fleet with GPUs", fleet: referenceFleet },
  ])("is always the same world: $what", ({ fleet }) => {
    const [one, other, another] = [1, 1, 2].map((seed) => createWorld(fleet, { size: { nodes: 2, pods: 15 }, seed }));
    if (!one || !other || !another) throw new Error("no worlds");
    for (const cluster of one.clusters) {
      const page = exposition(one, cluster, noon);
      expect(exposition(other, cluster, noon)).toBe(page);
      const window = { from: noon - hour, to: noon };
      expect(sampled(one, cluster, window)).toBe(sampled(other, cluster, window));
      // A planned cluster says nothing on a Wednesday.
      expect(exposition(another, cluster, noon) === page).toBe(cluster.state === "planned");
    }
  });

  test("shows the same through every window", () => {
    const world = createWorld(referenceFleet, { size });
    const times = [noon, noon + 17 * minute];
    for (const cluster of world.clusters) {
      const narrow = values(seriesOf(world, cluster, { from: noon, to: noon + 20 * minute }), times);
      const wide = values(seriesOf(world, cluster, { from: noon - 10 * day, to: noon + 2 * day }), times);
      expect(narrow).toBe(wide);
    }
  });
});

test("the order in which a world is asked does not matter", () => {
  const faults = [{ name: "wrong-external-label", from: noon - 20 * minute, to: noon - 10 * minute }];
  const world = createWorld(referenceFleet, { size, faults });
  for (const cluster of world.clusters) {
    const window = { from: noon - 14 * hour, to: noon };
    const moments = times(window.from, window.to, 30 * minute);
    const bySeries = seriesOf(world, cluster, window);
    const forwards = bySeries.map(({ at }) => moments.map(at));
    const byTime = seriesOf(world, cluster, window);
    const backwards = moments.toReversed().map((ms) => byTime.map(({ at }) => at(ms)));
    const differing = bySeries.filter((_, one) =>
      moments.some((_, at) => forwards[one]?.[at] !== backwards[moments.length - 1 - at]?.[one]),
    );
    expect(differing.map(({ labels }) => labels["__name__"])).toEqual([]);
  }
});

describe("what is exposed", () => {
  const window = { from: noon - 14 * hour, to: noon };

  test.each([
    { what: "small", fleet: small },
    { what: "atlas", fleet: atlas },
    { what: "reference", fleet: referenceFleet },
  ])("is in the catalogue by name, type and label: $what", ({ fleet }) => {
    const world = createWorld(fleet, { size, faults: [{ name: "version-drift", from: noon - hour, to: noon }] });
    const attached = new Set([...roles.map((role) => fleet.labels[role]), "__name__"]);
    const unknown = new Set<string>();
    for (const cluster of world.clusters) {
      for (const { labels, family, type } of seriesOf(world, cluster, window)) {
        const name = labels["__name__"] ?? "";
        const facts = metric(name);
        if (!facts) {
          unknown.add(name);
          continue;
        }
        const known = new Set([...facts.labels, ...alsoAttached(cluster)]);
        if (facts.family.name !== family || facts.family.type !== type) unknown.add(`${name} as ${type} ${family}`);
        for (const label of Object.keys(labels)) {
          if (!attached.has(label) && !known.has(label)) unknown.add(`${name}{${label}}`);
        }
      }
    }
    expect([...unknown]).toEqual([]);
  });

  test("carries what the fleet's agents attach, under the fleet's names and jobs", () => {
    const world = createWorld(atlas);
    const cluster = named(atlas, "live-fra-1");
    const series = seriesOf(world, cluster, window);
    expect(series.every(({ tenant }) => tenant === "live")).toBe(true);
    const ups = series.filter(({ labels }) => labels["__name__"] === "up");
    expect(ups[0]?.labels).toMatchObject({
      k8s_cluster_name: "live-fra-1",
      stage: "live",
      location: "fra",
      tenant_id: "atlas",
    });
    expect(new Set(ups.map(({ labels }) => labels["job"]))).toContain("integrations/node_exporter");
    expect(exposition(world, cluster, noon)).not.toMatch(/k8s_cluster_name|stage=|location=/u);
  });

  test("is one series each", () => {
    const world = createWorld(referenceFleet, { size });
    for (const cluster of world.clusters) {
      const all = seriesOf(world, cluster, { from: noon - 3 * day, to: noon }).map(({ labels }) => identity(labels));
      const seen = new Set<string>();
      expect(all.filter((one) => seen.size === seen.add(one).size)).toEqual([]);
    }
  });

  test("leaves out what a cluster does not have", () => {
    const world = createWorld(atlas);
    const names = (cluster: string): Set<string> =>
      new Set(seriesOf(world, named(atlas, cluster), window).map(({ family }) => family));
    expect(names("test-sin-1")).not.toContain("node_total_hourly_cost");
    expect(names("mgmt-ams-1")).not.toContain("apiserver_request_total");
    expect(names("live-ams-1")).toContain("response_total");
    expect(names("live-ams-1")).not.toContain("istio_requests_total");
    expect(names("mgmt-ams-1")).toContain("cortex_discarded_samples_total");
  });

  test("is small for a small fleet, and exposes a score of series a pod", () => {
    const world = createWorld(small);
    const series = world.clusters.flatMap((cluster) => seriesOf(world, cluster, { from: noon - 6 * hour, to: noon }));
    expect(series.length * 720).toBeLessThan(10_000_000);
    const page = exposition(world, named(small, "prd-uaenorth"), noon);
    const pods = page.match(/^kube_pod_info\{/gmu)?.length ?? 0;
    expect(pods).toBe(15);
    const own = page.match(/^(?:kube_pod_|container_cpu_usage|container_memory_working)/gmu)?.length ?? 0;
    expect(own / pods).toBeLessThan(20);
  });
});

describe("counters", () => {
  test("only fall where something restarted, and never below zero", () => {
    const world = createWorld(referenceFleet, { size });
    const window = { from: noon - 12 * hour, to: noon };
    for (const cluster of world.clusters) {
      const falls = new Set<string>();
      let lowest = 0;
      for (const { labels, type, at } of seriesOf(world, cluster, window)) {
        let before = 0;
        for (const ms of times(window.from, window.to, 10 * minute)) {
          const now = at(ms);
          if (now === undefined) continue;
          lowest = Math.min(lowest, now);
          if ((type === "counter" || type === "histogram") && now < before) falls.add(labels["__name__"] ?? "");
          before = now;
        }
      }
      expect(lowest).toBe(0);
      // In this night the nodes of production were replaced. Staging's were not, and no control plane was.
      expect([...falls].filter((name) => name.startsWith("apiserver"))).toEqual([]);
      expect(falls.has("node_cpu_seconds_total")).toBe(!cluster.name.startsWith("stg"));
    }
  });

  test("rise without end where nothing ever happens", () => {
    const world = createWorld(small, { mess: false });
    const cluster = named(small, "prd-uaenorth");
    for (const { at, type } of seriesOf(world, cluster, { from: noon - 3 * day, to: noon })) {
      if (type !== "counter") continue;
      const samples = [3 * day, 2 * day, day, 0].map((ago) => at(noon - ago) ?? Number.NaN);
      expect(samples.toSorted((a, b) => a - b)).toEqual(samples);
    }
  });
});

describe("sums of the series are what is true", () => {
  const clusters = referenceFleet.clusters.flatMap((cluster) =>
    [noon, noon - 9 * hour, noon + 2 * day + 41 * minute].map((ms) => ({ name: cluster.name, cluster, ms })),
  );
  const faults = ["cpu-saturated", "memory-filling", "error-burst", "cost-spike", "node-not-ready"].map((name) => ({
    name,
    from: noon - hour,
    to: noon + hour,
  }));
  const world = createWorld(referenceFleet, { size, faults });
  const real = truth(world);

  test.each(clusters)("$name at $ms", ({ cluster, ms }) => {
    const step = minute;
    const series = seriesOf(world, cluster, { from: ms - step, to: ms });
    const rate = (name: string, own: Readonly<Record<string, string>> = {}): number =>
      (total(series, ms, name, own) - total(series, ms - step, name, own)) / (step / 1000);
    const middle = ms - step / 2;
    const idle =
      rate("node_cpu_seconds_total", { mode: "idle" }) +
      rate("node_cpu_seconds_total", { mode: "iowait" }) +
      rate("node_cpu_seconds_total", { mode: "steal" });
    const all = rate("node_cpu_seconds_total");
    expect(1 - idle / all).toBeCloseTo(real.cpuUtilisation(cluster, middle), 2);
    const cores = total(series, ms, "kube_node_status_capacity", { resource: "cpu" });
    expect(all).toBeCloseTo(cores, 3);
    const available = total(series, ms, "node_memory_MemAvailable_bytes", {});
    expect(1 - available / total(series, ms, "node_memory_MemTotal_bytes", {})).toBeCloseTo(
      real.memoryUtilisation(cluster, ms),
      5,
    );
    const ready = total(series, ms, "kube_node_status_condition", { condition: "Ready", status: "true" });
    const conditions = total(series, ms, "kube_node_status_condition", { condition: "Ready" });
    expect(ready / conditions).toBeCloseTo(real.nodesReady(cluster, ms), 5);
    expect(rate("traces_spanmetrics_calls_total")).toBeCloseTo(real.requests(cluster, middle), -1);
    // Of a few requests in a minute none may fail.
    const failing = rate("traces_spanmetrics_calls_total", { status_code: "STATUS_CODE_ERROR" });
    expect(Math.abs(failing - real.requests(cluster, middle) * real.errorRatio(cluster, middle))).toBeLessThan(0.5);
  });

  test("pods, their requests and their phases agree, once where they are scraped twice", () => {
    for (const cluster of referenceFleet.clusters) {
      const series = seriesOf(world, cluster, { from: noon, to: noon });
      const scrapes = new Set(
        series.filter(({ family }) => family === "kube_node_info").map(({ labels }) => labels["instance"]),
      ).size;
      expect(scrapes).toBe(cluster.name === "stg-uaenorth" ? 2 : 1);
      const pods = total(series, noon, "kube_pod_info", {});
      expect(total(series, noon, "kube_pod_status_phase", {})).toBe(pods);
      const live = new Set(
        series
          .filter(
            ({ labels, at }) =>
              labels["__name__"] === "kube_pod_status_phase" &&
              /Pending|Running/u.test(labels["phase"] ?? "") &&
              at(noon) === 1,
          )
          .map(({ labels }) => labels["pod"]),
      );
      const asked = total(
        series.filter(({ labels }) => live.has(labels["pod"])),
        noon,
        "kube_pod_container_resource_requests",
        { resource: "cpu" },
      );
      const given = total(series, noon, "kube_node_status_allocatable", { resource: "cpu" });
      expect(asked / given).toBeCloseTo(real.cpuRequests(cluster, noon), 5);
      expect(asked / given).toBeLessThan(0.9);
    }
  });

  test("cost is that of nodes and volumes", () => {
    const cluster = named(referenceFleet, "prd-uaenorth");
    const series = seriesOf(world, cluster, { from: noon, to: noon });
    const price = series.find(({ family }) => family === "pv_hourly_cost")?.at(noon) ?? 0;
    const volumes = (total(series, noon, "kube_persistentvolume_capacity_bytes", {}) / 1024 ** 3) * price;
    expect(total(series, noon, "node_total_hourly_cost", {}) + volumes).toBeCloseTo(real.hourlyCost(cluster, noon), 6);
  });
});

describe("a normal day", () => {
  test("is healthy: nodes and pods are ready nearly always, and no processor overflows", () => {
    const world = createWorld(referenceFleet, { size });
    const real = truth(world);
    for (const cluster of world.clusters) {
      const moments = times(noon - day, noon + 4 * day, 10 * minute);
      const unready = moments.filter((ms) => real.nodesReady(cluster, ms) < 0.9 || real.podsReady(cluster, ms) < 0.9);
      expect(unready.length / moments.length).toBeLessThan(0.02);
      const busy = moments.map((ms) => real.cpuUtilisation(cluster, ms));
      expect(Math.max(...busy)).toBeLessThan(0.95);
      expect(Math.min(...busy)).toBeGreaterThan(0.005);
    }
  });

  test("has what no quiet day has", () => {
    const world = createWorld(referenceFleet, { size });
    const dev = named(referenceFleet, "dev-uaenorth");
    const week = seriesOf(world, dev, { from: noon - 7 * day, to: noon });
    const metricOf = (name: string): SimulatedSeries[] => week.filter(({ labels }) => labels["__name__"] === name);
    expect(metricOf("kube_pod_container_status_waiting_reason").length).toBeGreaterThan(0);
    expect(metricOf("kube_replicaset_created").length).toBeGreaterThan(10);
    expect(
      metricOf("kube_job_status_failed").some(({ at }) => times(noon - 7 * day, noon, hour).some((ms) => at(ms) === 1)),
    ).toBe(true);
    const replicas = metricOf("kube_deployment_spec_replicas").find(({ labels }) => labels["deployment"] === "web");
    expect(replicas?.at(Date.UTC(2026, 10, 17, 2))).toBe(0);
    expect(replicas?.at(noon)).toBeGreaterThan(0);
    const xids = metricOf("DCGM_FI_DEV_XID_ERRORS");
    expect(xids.some(({ at }) => times(noon - 7 * day, noon, hour).some((ms) => at(ms) === 31))).toBe(true);
    const gaps = times(noon - 7 * day, noon, minute).filter((ms) => metricOf("up")[0]?.at(ms) === undefined);
    expect(gaps.length).toBeGreaterThan(0);
    expect(times(noon - day, noon, minute).some((ms) => lateness(world, dev, ms) > 0)).toBe(true);
  });

  test("can be left out", () => {
    const world = createWorld(small, { mess: false });
    const real = truth(world);
    for (const cluster of world.clusters) {
      expect(times(noon - day + 5 * minute, noon, 10 * minute).every((ms) => real.podsReady(cluster, ms) === 1)).toBe(
        true,
      );
    }
  });

  test("a planned cluster is tried on Thursdays", () => {
    const world = createWorld(atlas);
    const planned = named(atlas, "live-sin-3");
    expect(exposition(world, planned, noon)).toBe("");
    expect(exposition(world, planned, noon + day)).toContain("up{");
    expect(exposition(createWorld(atlas, { mess: false }), planned, noon + day)).toBe("");
  });
});

function alsoAttached({ jobs, mesh }: Cluster): string[] {
  return [
    ...(jobs.kubelet === jobs.cadvisor ? ["metrics_path"] : []),
    // Linkerd's scrape configuration labels whole targets.
    ...(mesh === "linkerd" ? ["namespace", "deployment"] : []),
  ];
}

function named(fleet: Fleet, name: string): Cluster {
  const found = fleet.clusters.find((cluster) => cluster.name === name);
  if (!found) throw new Error(`no cluster ${name}`);
  return found;
}

function times(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, at) => from + at * step);
}

function identity(labels: SimulatedSeries["labels"]): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Every series that shows anything then, in one text: what is compared is large. */
function values(series: readonly SimulatedSeries[], times: readonly number[]): string {
  return series
    .map(({ labels, at }) => ({ labels, samples: times.map(at) }))
    .filter(({ samples }) => samples.some((value) => value !== undefined))
    .map(({ labels, samples }) => `${identity(labels)} ${samples.join(" ")}`)
    .sort()
    .join("\n");
}

function sampled(world: World, cluster: Cluster, window: { readonly from: number; readonly to: number }): string {
  return values(seriesOf(world, cluster, window), times(window.from, window.to, 7 * minute));
}

/** Each series once, however often it is scraped. */
function total(
  series: readonly SimulatedSeries[],
  ms: number,
  name: string,
  own: Readonly<Record<string, string>>,
): number {
  const seen = new Map<string, number>();
  for (const { labels, at } of series) {
    if (labels["__name__"] !== name || Object.entries(own).some(([label, value]) => labels[label] !== value)) continue;
    const { instance, ...rest } = labels;
    const key = name.startsWith("kube_") ? identity(rest) : `${instance} ${identity(rest)}`;
    seen.set(key, at(ms) ?? 0);
  }
  return [...seen.values()].reduce((sum, value) => sum + value, 0);
}
