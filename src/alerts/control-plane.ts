import { cluster as clusterBoard } from "../dashboards/cluster.ts";
import { promql, type Query, rate, max, select, sum } from "../queries/query.ts";
import { apiDuration, etcdDuration } from "../recording/namespaces.ts";
import { type Place, place } from "../recording/record.ts";
import { apiserverErrors } from "../recording/resources.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

const board = clusterBoard.uid;
const component = "control-plane";

const errors: Query<Place> = promql({ unit: "ratio", labels: place })`${select(apiserverErrors)} > 0.03`;

/** Kubernetes' own objective: 99 of 100 single requests within a second. Lists may take longer. */
const slow: Query<Place | "verb"> = promql({
  unit: "seconds",
  labels: [...place, "verb"],
})`histogram_quantile(0.99, ${sum([...place, "verb", "le"], select(apiDuration, { verb: { matches: "GET|POST|PUT|PATCH|DELETE" } }))}) > 1`;

const slowEtcd: Query<Place> = promql({
  unit: "seconds",
  labels: place,
})`histogram_quantile(0.99, ${sum([...place, "le"], select(etcdDuration))}) > 0.5`;

/** Webhooks that could not be asked; a webhook that says no does its work. */
const webhooks: Query<Place | "name"> = promql({ unit: "per second", labels: [...place, "name"] })`${sum(
  [...place, "name"],
  max(
    [...place, "instance", "name", "operation", "type"],
    rate(
      "apiserver_admission_webhook_rejection_count",
      { error_type: { matches: "calling_webhook_error|apiserver_internal_error" } },
      "5m",
    ),
  ),
)} > 0.01`;

const aggregated: Query<Place | "name"> = promql({
  unit: "none",
  labels: [...place, "name"],
})`${max([...place, "name"], select("aggregator_unavailable_apiservice"))} > 0`;

const requests = (code: string, values: string) =>
  given("apiserver_request_total", { code, instance: "10.0.0.1:443", verb: "GET" }, values);

const buckets = (metric: "apiserver_request_duration_seconds_bucket" | "etcd_request_duration_seconds_bucket") =>
  ({
    slow: [
      given(metric, { ...ofBucket(metric), le: "0.1" }, "0+10x40"),
      given(metric, { ...ofBucket(metric), le: "2" }, "0+60x40"),
      given(metric, { ...ofBucket(metric), le: "+Inf" }, "0+60x40"),
    ],
    fast: [
      given(metric, { ...ofBucket(metric), le: "0.1" }, "0+60x40"),
      given(metric, { ...ofBucket(metric), le: "2" }, "0+60x40"),
      given(metric, { ...ofBucket(metric), le: "+Inf" }, "0+60x40"),
    ],
  }) as const;

function ofBucket(metric: string): { readonly instance: string; readonly verb?: string; readonly operation?: string } {
  return metric.startsWith("etcd")
    ? { instance: "10.0.0.1:443", operation: "get" }
    : { instance: "10.0.0.1:443", verb: "GET" };
}

const webhookCalls = (error_type: string) =>
  given(
    "apiserver_admission_webhook_rejection_count",
    { instance: "10.0.0.1:443", name: "policy.example.com", operation: "CREATE", type: "validating", error_type },
    "0+6x40",
  );

/** Does the control plane do what it is asked, and in time? */
export const controlPlaneAlerts: AlertGroup = {
  name: "control-plane",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "KubeApiserverErrorsHigh",
      when: errors,
      for: "10m",
      severity: "critical",
      component,
      summary: ({ cluster, percentage }) => `The API server of ${cluster} fails ${percentage} of its requests`,
      description: ({ cluster, environment }) =>
        `Of all requests to the API servers of ${cluster} (${environment}) more than 3 % end with a server error. Controllers, deployments and autoscaling stall.`,
      board,
    }),
    alert({
      name: "KubeApiserverSlow",
      when: slow,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, verb, duration }) =>
        `${verb} requests to the API server of ${cluster} take ${duration} (p99)`,
      description: ({ cluster }) =>
        `One in a hundred single requests to the API server of ${cluster} takes longer than the second that Kubernetes promises. Look at etcd, at webhooks, and at who asks so much.`,
      board,
    }),
    alert({
      name: "EtcdSlow",
      when: slowEtcd,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, duration }) => `The API server of ${cluster} waits ${duration} for etcd (p99)`,
      description: ({ cluster }) =>
        `etcd of ${cluster} answers slowly: its disk, its size, or the network between. All of the control plane waits for it.`,
      board,
    }),
    alert({
      name: "AdmissionWebhookFailing",
      when: webhooks,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, name }) => `Admission webhook ${name} of ${cluster} cannot be asked`,
      description: ({ name, value }) =>
        `The API server rejects requests because ${name} does not answer: ${value} a second. With failurePolicy Fail nothing that it guards can be created.`,
      board,
    }),
    alert({
      name: "AggregatedApiDown",
      when: aggregated,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, name }) => `The aggregated API ${name} of ${cluster} is not available`,
      description: ({ name }) =>
        `${name} is served by an extension (metrics, a service catalogue) that does not answer. Autoscalers that read it stand still, and namespaces cannot be deleted.`,
      board,
    }),
  ],
  tests: [
    fires("KubeApiserverErrorsHigh", {
      when: "one request in ten fails",
      series: [requests("200", "0+54x40"), requests("500", "0+6x40")],
      after: "11m",
      value: 0.1,
    }),
    quiet("KubeApiserverErrorsHigh", {
      when: "one request in a hundred fails, and many are refused as the client's fault",
      series: [requests("200", "0+99x40"), requests("500", "0+1x40"), requests("404", "0+50x40")],
      during: "40m",
    }),
    fires("KubeApiserverSlow", {
      when: "most requests take over a second",
      series: buckets("apiserver_request_duration_seconds_bucket").slow,
      after: "16m",
      labels: { verb: "GET" },
      value: 1.9772,
    }),
    quiet("KubeApiserverSlow", {
      when: "all requests take less than a tenth of a second",
      series: buckets("apiserver_request_duration_seconds_bucket").fast,
      during: "40m",
    }),
    fires("EtcdSlow", {
      when: "most requests take over a second",
      series: buckets("etcd_request_duration_seconds_bucket").slow,
      after: "16m",
      value: 1.9772,
    }),
    quiet("EtcdSlow", {
      when: "all requests take less than a tenth of a second",
      series: buckets("etcd_request_duration_seconds_bucket").fast,
      during: "40m",
    }),
    fires("AdmissionWebhookFailing", {
      when: "a webhook does not answer",
      series: [webhookCalls("calling_webhook_error")],
      after: "11m",
      labels: { name: "policy.example.com" },
      value: 0.1,
    }),
    quiet("AdmissionWebhookFailing", {
      when: "a webhook says no",
      series: [webhookCalls("no_error")],
      during: "40m",
    }),
    fires("AggregatedApiDown", {
      when: "the metrics API is gone, and its server is scraped twice",
      series: [
        given("aggregator_unavailable_apiservice", { name: "v1beta1.metrics.k8s.io", instance: "a" }, "1x20"),
        given("aggregator_unavailable_apiservice", { name: "v1beta1.metrics.k8s.io", instance: "b" }, "1x20"),
      ],
      after: "10m",
      labels: { name: "v1beta1.metrics.k8s.io" },
      value: 1,
    }),
    quiet("AggregatedApiDown", {
      when: "it restarts for five minutes",
      series: [given("aggregator_unavailable_apiservice", { name: "v1beta1.metrics.k8s.io" }, "0x10 1x5 0x20")],
      during: "30m",
    }),
  ],
};
