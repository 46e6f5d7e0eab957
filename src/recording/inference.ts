import type { CounterName, MetricName } from "../metrics/index.ts";
import {
  byList,
  fromAny,
  max,
  promql,
  type Query,
  rate,
  ratio,
  scrapedOnce,
  select,
  sum,
  type Unit,
  type Where,
} from "../queries/query.ts";
import { gpuCost, gpuCount, gpuPower } from "./gpu.ts";
import { type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";

type OfModel = Place | "model" | "runtime";

const ofModel: readonly OfModel[] = [...place, "model", "runtime"];

const window = "5m";

/** What serves models, and what it calls them. */
const runtimes = { vllm: "model_name", triton: "model" } as const;

type Runtime = keyof typeof runtimes;

/** Of each server once, however often it is scraped; then of each model. */
function perModel(fold: typeof sum, runtime: Runtime, query: Query, more: readonly string[] = []): string {
  const own = runtimes[runtime];
  const server = [...place, "instance", "engine", "version", own, ...more];
  const once = `max by (${byList(server)}) (${query.expr})`;
  const named = `label_replace(label_replace(${once}, "model", "$1", "${own}", "(.+)"), "runtime", "${runtime}", "", "")`;
  return fold([...ofModel, ...more], promql({ unit: query.unit, labels: [...ofModel, ...more] })`${named}`).expr;
}

/** One number that both runtimes have, each under names of its own. */
function ofBoth(unit: Unit, { vllm, triton }: { readonly vllm: Query; readonly triton: Query }): Query<OfModel> {
  const both = `${perModel(sum, "vllm", vllm)} or ${perModel(sum, "triton", triton)}`;
  return fromAny(["vllm", "triton"], promql({ unit, labels: ofModel })`${both}`);
}

/** Requests that were answered, a second. */
export const modelRequests: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "inference_requests:rate5m",
  query: ofBoth("requests per second", {
    vllm: sumOver("vllm:request_success_total", "finished_reason"),
    triton: rate("nv_inference_request_success", {}, window),
  }),
});

/** A counter that is kept by something nobody asks for here. */
function sumOver(counter: CounterName & `vllm:${string}`, label: "finished_reason"): Query {
  const by = [...place, "instance", "engine", "model_name"];
  return promql({
    unit: "requests per second",
    labels: by,
  })`sum by (${byList(by)}) (${scrapedOnce(rate(counter, { [label]: { not: "" } }, window))})`;
}

/** Requests that wait for their turn: more than none for long is too few servers. */
export const modelWaiting: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "inference_waiting:sum",
  query: ofBoth("none", {
    vllm: select("vllm:num_requests_waiting"),
    triton: select("nv_inference_pending_request_count"),
  }),
});

/** How long a request takes on the mean, waiting and all: the one latency that every runtime tells. */
export const modelDuration: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "inference_duration_seconds:mean5m",
  query: promql({
    unit: "seconds",
    labels: ofModel,
  })`${ofBoth("ratio", {
    vllm: rate("vllm:e2e_request_latency_seconds_sum", {}, window),
    triton: promql({ unit: "ratio", labels: [] })`(${rate("nv_inference_request_duration_us", {}, window)} / 1e6)`,
  })} / (${select(modelRequests)} > 0)`,
});

function ofVllm(unit: Unit, query: Query): Query<OfModel> {
  return { ...promql({ unit, labels: ofModel })`${perModel(sum, "vllm", query)}`, requires: ["vllm"] };
}

/** Tokens a second that models write, and those that they read first. */
export const modelTokens: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "inference_tokens:rate5m",
  query: ofVllm("tokens per second", rate("vllm:generation_tokens_total", {}, window)),
});
export const modelPromptTokens: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "inference_prompt_tokens:rate5m",
  query: ofVllm("tokens per second", rate("vllm:prompt_tokens_total", {}, window)),
  allow: [{ check: "R03", because: "for teams' own boards: what a model reads, beside what it writes" }],
});

/** How full the memory for what models have read is; full, they put requests off. Since 0.11 there is the new name alone. */
export const modelCache: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "inference_cache:ratio_max",
  query: {
    ...promql({
      unit: "ratio",
      labels: ofModel,
    })`${perModel(max, "vllm", newerOr("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"))}`,
    requires: ["vllm"],
  },
});

/** A renamed metric: of a server that has both, the new one. */
function newerOr(newer: MetricName & `vllm:${string}`, older: MetricName & `vllm:${string}`): Query {
  return promql({
    unit: "ratio",
    labels: [],
  })`(${select(newer)} or on (${byList(["cluster", "instance", "engine", "model_name"])}) ${select(older)})`;
}

type OfBuckets = OfModel | "le";

function buckets(name: string, query: Query): Recorded<OfBuckets> {
  return record({
    level: "cluster_model",
    name,
    query: {
      ...promql({ unit: "per second", labels: [...ofModel, "le"] })`${perModel(sum, "vllm", query, ["le"])}`,
      requires: ["vllm"],
    },
  });
}

/** How long people wait for the first token. */
export const firstToken: Recorded<OfBuckets> = buckets(
  "inference_first_token_seconds_bucket:rate5m",
  rate("vllm:time_to_first_token_seconds_bucket", {}, window),
);

/** How long for each further one: renamed in 0.10.2, and the old name is gone since 0.11. */
export const nextToken: Recorded<OfBuckets> = buckets(
  "inference_next_token_seconds_bucket:rate5m",
  promql({
    unit: "per second",
    labels: [],
  })`(${rate("vllm:inter_token_latency_seconds_bucket", {}, window)} or on (${byList(["cluster", "instance", "engine", "model_name"])}) ${rate("vllm:time_per_output_token_seconds_bucket", {}, window)})`,
);

/** How many seconds a share of them took at most, from 0 to 1, by model and whatever else. */
export function tokenQuantile<K extends OfModel>(
  quantile: number,
  by: readonly K[],
  recorded: Recorded<OfBuckets>,
  where: Where<OfModel>,
): Query<K> {
  return promql({
    unit: "seconds",
    labels: by,
  })`histogram_quantile(${quantile}, ${sum([...by, "le"], select(recorded, where))})`;
}

/**
 * What do a million tokens cost that models write? The price of all graphics processors, busy or idle, by what they wrote
 * in that time: a million by 3600 seconds, by tokens a second. Absent where nothing is written: that has no price.
 */
export function costPerMillionTokens<K extends Place>(by: readonly K[], where: Where<Place>): Query<K> {
  const written = sum(by, select(modelTokens, where));
  return {
    ...promql({
      unit: "currency",
      labels: by,
    })`1e6 * ${sum(by, select(gpuCost, where))} / (3600 * (${written} > 0))`,
    requires: [...gpuCost.requires, "vllm"],
  };
}

/** How many tokens does a graphics processor write a second? To compare models of processors at the same load. */
export function tokensPerGpu<K extends Place>(by: readonly K[], where: Where<Place>): Query<K> {
  return {
    ...ratio(sum(by, select(modelTokens, where)), sum(by, select(gpuCount, where))),
    unit: "tokens per second",
  };
}

/** How many tokens does a joule give? Tokens a second by watts. */
export function tokensPerJoule<K extends Place>(by: readonly K[], where: Where<Place>): Query<K> {
  return { ...ratio(sum(by, select(modelTokens, where)), sum(by, select(gpuPower, where))), unit: "none" };
}

/** How do models answer, and what does it take? */
export const inferenceGroup: RecordingGroup = {
  name: "inference",
  interval: "1m",
  rules: [
    modelRequests,
    modelWaiting,
    modelDuration,
    modelTokens,
    modelPromptTokens,
    modelCache,
    firstToken,
    nextToken,
  ],
};
