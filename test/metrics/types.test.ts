import type { HistogramName, NativeHistogramName } from "../../src/metrics/index.ts";
import { rate, select, sum } from "../../src/queries/query.ts";

test("a histogram is queried by its series", () => {
  const buckets = sum(["cluster", "le"], rate("apiserver_request_duration_seconds_bucket", { verb: "GET" }, "5m"));
  expect(buckets.expr).toBe('sum by (⟦cluster⟧, le) (rate(apiserver_request_duration_seconds_bucket{verb="GET"}[5m]))');
  expect(rate("apiserver_request_duration_seconds_count").unit).toBe("requests per second");
  expect(rate("apiserver_request_duration_seconds_sum").unit).toBe("ratio");
  expect(select("go_gc_duration_seconds", { quantile: "1" }).labels).toContain("quantile");
  expect(select("traces_spanmetrics_latency").requires).toEqual(["tempo-metrics-generator"]);
});

test("the compiler knows what a series is", () => {
  // @ts-expect-error a classic histogram has no series of its own name
  expect(() => select("apiserver_request_duration_seconds")).toBeDefined();
  // @ts-expect-error its count has no buckets
  expect(() => rate("apiserver_request_duration_seconds_count", { le: "1" })).toBeDefined();
  // @ts-expect-error a gauge has no rate
  expect(() => rate("DCGM_FI_DEV_GPU_UTIL")).toBeDefined();
  // @ts-expect-error nor has what is always 1
  expect(() => rate("kube_node_info")).toBeDefined();
  // @ts-expect-error a native histogram's rate is no number
  expect(() => rate("traces_spanmetrics_latency")).toBeDefined();
  // @ts-expect-error no proxy knows the status under this name
  expect(() => rate("istio_requests_total", { status: "500" })).toBeDefined();
  // @ts-expect-error nobody scrapes Tempo's generator
  expect(() => sum(["instance"], rate("traces_service_graph_request_total"))).toBeDefined();
  expect(sum(["hostname"], select("DCGM_FI_DEV_GPU_UTIL", { Hostname: { not: "" } })).labels).toEqual(["hostname"]);
});

test("names of histograms are known by kind", () => {
  const classic: HistogramName = "vllm:time_to_first_token_seconds";
  const native: NativeHistogramName = "loki_request_duration_seconds";
  // @ts-expect-error a counter is none
  const none: HistogramName = "apiserver_request_total";
  expect([classic, native, none]).toHaveLength(3);
});
