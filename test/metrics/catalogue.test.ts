import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exporters, roles } from "../../src/labels.ts";
import {
  families,
  type Family,
  metric,
  metricNames,
  seriesOf,
  type SourceFacts,
  sources,
} from "../../src/metrics/index.ts";
import { describeWithData } from "../support/needs.ts";
import { type Evidence, evidenceIn } from "./evidence.ts";

/** Counters that are not called so: by whom, and why we can't mend it. */
const oddCounters: readonly (readonly [name: RegExp, reason: string])[] = [
  [/^DCGM_FI_/u, "dcgm-exporter exposes the driver's names of fields"],
  [/^nv_/u, "Triton has its own style"],
  [/^node_(?:netstat|vmstat)_/u, "node_exporter exposes the kernel's names"],
  [/^otelcol_/u, "the Collector's are called as OpenTelemetry does, without a suffix, by default"],
  [/^(?:pilot|citadel|galley)_/u, "Istio's are called as OpenCensus did"],
  [/^certmanager_.+_count$/u, "cert-manager's oldest"],
  [/^kubelet_(?:evictions|certificate_manager_client_expiration_renew_errors)$/u, "the kubelet's oldest"],
  [/^apiserver_admission_webhook_rejection_count$/u, "an old one of the API server"],
  [/^tempo_metrics_generator_processor_service_graphs_/u, "Tempo's oldest"],
  [/^alloy_component_evaluation_slow_seconds$/u, "Alloy's, from before it was Alloy"],
  [/^identity_cert_refresh_count$/u, "Linkerd's own name"],
];

/** What is not a counter though it is called so. */
const falseTotals: readonly (readonly [name: RegExp, reason: string])[] = [
  [/^(?:promtail|loki_source_file)_(?:file_bytes|files_active|read_bytes|targets_active)_total$/u, "gauges of files"],
  [/^vllm:iteration_tokens_total$/u, "a histogram"],
  [/^cortex_ruler_managers_total$/u, "an amount, not a count"],
];

const named = families.map((family) => [family.name, family] as const);

test("there is one file per source, and every source has one", () => {
  const folder = join(import.meta.dirname, "../../src/metrics");
  const files = readdirSync(folder).map((file) => file.replace(/\.ts$/u, ""));
  expect(files.toSorted()).toEqual([...Object.keys(sources), "facts", "index", "sources"].toSorted());
});

test("what a fleet can state are sources, and a metric of theirs requires them", () => {
  expect(Object.keys(sources)).toEqual(expect.arrayContaining([...exporters]));
  expect(metric("DCGM_FI_DEV_GPU_TEMP")).toMatchObject({ source: "dcgm-exporter", exporter: "dcgm-exporter" });
  expect(metric("pilot_duplicate_envoy_clusters")).toMatchObject({ source: "istiod" });
  expect(metric("pilot_duplicate_envoy_clusters")).not.toHaveProperty("exporter");
});

test("a name means one thing: no file and no series repeats it", () => {
  const names = families.flatMap(seriesOf).map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  expect(metricNames).toEqual(names);
});

test.each(named)("%s is well formed", (name, { labels, renamedTo, since, until, cite, also = [], source }) => {
  expect(name).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/u);
  expect(labels).toEqual(unique(labels));
  expect(labels.filter((label) => !/^[a-zA-Z_]\w*$/u.test(label))).toEqual([]);
  expect(
    labels.filter((label) => ["le", "quantile", "__name__", ...(roles as readonly string[])].includes(label)),
  ).toEqual([]);
  expect([since, until].filter((version) => version !== undefined && !/^\d+\.\d+(?:\.\d+)?$/u.test(version))).toEqual(
    [],
  );
  expect(renamedTo === undefined || families.some((family) => family.name === renamedTo)).toBe(true);
  expect(also).not.toContain(source);
  expect(cite ?? "a/b c").toMatch(citation);
});

test("a counter ends in _total, and what ends so is one; whoever does otherwise is listed", () => {
  const listed = (list: typeof oddCounters, { name }: Family) => list.some(([pattern]) => pattern.test(name));
  const counters = families.filter(({ type }) => type === "counter");
  const others = families.filter(({ type }) => type !== "counter");
  expect(counters.filter((family) => !family.name.endsWith("_total") && !listed(oddCounters, family))).toEqual([]);
  expect(others.filter((family) => family.name.endsWith("_total") && !listed(falseTotals, family))).toEqual([]);
  const needless = [
    ...oddCounters.filter(([pattern]) => !counters.some(({ name }) => pattern.test(name) && !name.endsWith("_total"))),
    ...falseTotals.filter(([pattern]) => !others.some(({ name }) => pattern.test(name) && name.endsWith("_total"))),
  ];
  expect(needless).toEqual([]);
});

test.each(Object.entries<SourceFacts>(sources))(
  "what all series of %s carry is sorted, and cited as a file",
  (_, facts) => {
    expect(facts.labels).toEqual(unique(facts.labels));
    expect((facts.cites ?? []).filter((cite) => !citation.test(cite))).toEqual([]);
  },
);

test.each([
  ["apiserver_request_duration_seconds_bucket", "counter", "requests", ["le", "verb", "instance"]],
  ["apiserver_request_duration_seconds_sum", "counter", "seconds", ["verb"]],
  ["apiserver_request_duration_seconds_count", "counter", "requests", ["verb"]],
  ["traces_spanmetrics_latency", "native-histogram", "seconds", ["span_name", "__metrics_gen_instance"]],
  ["go_gc_duration_seconds", "summary", "seconds", ["quantile"]],
  ["kube_node_info", "info", "none", ["kubelet_version"]],
  ["DCGM_FI_DEV_FB_USED", "gauge", "mebibytes", ["UUID", "modelName"]],
  ["node_total_hourly_cost", "gauge", "currency per hour", ["cost_region", "node"]],
  ["vllm:kv_cache_usage_perc", "gauge", "ratio", ["model_name"]],
])("%s is a %s of %s", (name, type, unit, labels) => {
  expect(metric(name)).toMatchObject({ name, type, unit, labels: expect.arrayContaining(labels) });
});

test("the base of a classic histogram is no series", () => {
  expect(metric("apiserver_request_duration_seconds")).toBeUndefined();
});

describeWithData("the metrics that real programs expose", (folder) => {
  let evidence: Evidence;
  beforeAll(() => {
    evidence = evidenceIn(folder);
  });

  test("every name, type and label is in a scrape or a document, or says in whose source it is", () => {
    const unfounded = families.flatMap((family) => {
      const { observed, open } = evidence.confirm(family);
      const excused = family.cite !== undefined || citesOf(family).length > 0;
      // Nobody's source outweighs what its program was seen to do.
      const contradicted = family.cite === undefined && observed && open.some((fact) => fact.startsWith("not a "));
      return open.length > 0 && (!excused || contradicted) ? [`${family.name}: ${open.join(", ")}`] : [];
    });
    expect(unfounded).toEqual([]);
  });

  test("a metric cites a source only where scrapes and documents leave something open", () => {
    const needless = families.filter(
      (family) => family.cite !== undefined && evidence.confirm(family).open.length === 0,
    );
    expect(needless.map(({ name }) => name)).toEqual([]);
  });

  test("what Kubernetes has gained and lost from 1.33 to 1.35 says since when and until when", () => {
    const drift = JSON.parse(readFileSync(join(folder, "metrics/kubernetes-metric-drift.json"), "utf8")) as Drift;
    for (const source of ["kube-apiserver", "cadvisor", "kube-state-metrics"] as const) {
      const ours = families.filter((family) => family.source === source);
      const changed = (names: readonly string[]) => ours.filter(({ name }) => names.includes(name));
      expect(changed(drift[source].added_1_33_to_1_35).filter(({ since }) => since === undefined)).toEqual([]);
      expect(changed(drift[source].removed_1_33_to_1_35).filter(({ until }) => until === undefined)).toEqual([]);
    }
  });
});

type Drift = Readonly<
  Record<
    "kube-apiserver" | "cadvisor" | "kube-state-metrics",
    { readonly added_1_33_to_1_35: readonly string[]; readonly removed_1_33_to_1_35: readonly string[] }
  >
>;

const citation = /^[\w.-]+\/[\w.-]+ \S+$/u;

function citesOf({ source }: Family): readonly string[] {
  const { cites = [] }: SourceFacts = sources[source];
  return cites;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set<string>(texts)].sort();
}
