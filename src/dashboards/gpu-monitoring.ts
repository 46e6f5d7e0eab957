import { barGauge } from "../panels/bar-gauge.ts";
import { matrix } from "../panels/matrix.ts";
import { falling, neutral, type Panel, rising } from "../panels/panel.ts";
import { stat } from "../panels/stat.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { byList, max, promql, type Query, ratio, select, sum } from "../queries/query.ts";
import { monthly } from "../recording/cost.ts";
import {
  gpuAllocatable,
  gpuAllocated,
  gpuBusy,
  gpuCost,
  gpuCount,
  gpuHardwareErrors,
  gpuMemoryTotal,
  gpuMemoryUsed,
  gpuPower,
  gpuShare,
  gpuTemperature,
  gpuTensorBusy,
  gpuUtilisation,
  idleCost,
} from "../recording/gpu.ts";
import {
  costPerMillionTokens,
  firstToken,
  modelCache,
  modelDuration,
  modelRequests,
  modelTokens,
  modelWaiting,
  nextToken,
  tokenQuantile,
  tokensPerGpu,
  tokensPerJoule,
} from "../recording/inference.ts";
import { type Board, type BoardVariable, row, type Row } from "./board.ts";
import { clusterKey, highest, own } from "./drill-down.ts";
import { filter, ofRow, ofSeries, thisCluster, toBoard } from "./filter.ts";

/** Are our graphics processors worth their money: used, well, and quick to answer? */
export const gpuMonitoring: Board = {
  uid: "gpu-monitoring",
  title: "GPU Monitoring, All Clusters",
  description: "Are our graphics processors worth their money: used, well, and quick to answer?",
  tags: ["gpu"],
  variables: () => [modelVariable],
  rows: () => [usedRow(), wellRow(), modelsRow(), costRow(), benchmarkRow()],
};

/** The models that are served. */
const modelVariable: BoardVariable = {
  name: "model",
  title: "Model",
  label: "model",
  of: select(modelRequests, filter),
};

const ofModels = { ...filter, model: { matches: "$model" } } as const;

const intoCluster = toBoard("cluster", "Open this cluster", { cluster: ofSeries("cluster") });
const intoRow = toBoard("cluster", "Open this cluster", { cluster: ofRow("Cluster") });
const links = [intoCluster, thisCluster];

const intoGpuNode = toBoard("gpu-node", "Open this node", { cluster: ofRow("Cluster"), node: ofRow("Node") });

/** Blue while nothing is done: what idles costs the same. */
const used = neutral("busy is what they are for; what queues shows among the models below");

function usedRow(): Row {
  const allocated = ratio(
    sum(["cluster"], select(gpuAllocated, filter)),
    sum(["cluster"], select(gpuAllocatable, filter)),
  );
  return row("Are they used?", [
    stat({
      title: "Graphics processors",
      description: "How many graphics processors do the filters show?",
      queries: [sum([], select(gpuCount, filter))],
      thresholds: neutral("as many as were bought"),
      span: 4,
      height: 7,
    }),
    stat({
      title: "In use",
      description: "How busy are they on the whole, now? Below a fifth for days: fewer would do, or cheaper ones.",
      queries: [gpuShare([], gpuBusy, filter)],
      thresholds: falling(0.05, 0.2),
      span: 4,
      height: 7,
    }),
    matrix({
      title: "Utilisation by cluster and model",
      description: "Where do which processors work, and where do they idle? All that are busy by all that there are.",
      query: gpuShare(["cluster", "modelName"], gpuBusy, filter),
      rows: clusterKey,
      columns: "modelName",
      thresholds: falling(0.05, 0.2),
      links: [intoRow],
      span: 8,
      height: 7,
    }),
    barGauge({
      title: "Allocated of those that there are",
      description:
        "Would another pod get one? Allocated and idle: somebody keeps what he does not use, see utilisation beside it.",
      queries: [allocated],
      thresholds: rising(0.9, 1),
      links,
      span: 8,
      height: 7,
    }),
    timeseries({
      title: "Utilisation by cluster",
      description: "When do they work? Flat at night and full by day: batch work would fit into the night.",
      queries: [gpuShare(["cluster"], gpuBusy, filter)],
      max: 1,
      thresholds: used,
      links,
      span: 8,
    }),
    timeseries({
      title: "Tensor cores by cluster",
      description:
        "Do they multiply matrices, or only wait for memory? Far below utilisation: larger batches would bring more.",
      queries: [gpuShare(["cluster"], gpuTensorBusy, filter)],
      max: 1,
      thresholds: used,
      links,
      span: 8,
    }),
    timeseries({
      title: "Memory in use by cluster",
      description:
        "How full is their memory? Servers of models take what they are given at once; what grows by itself is a leak.",
      queries: [
        ratio(sum(["cluster"], select(gpuMemoryUsed, filter)), sum(["cluster"], select(gpuMemoryTotal, filter))),
      ],
      max: 1,
      thresholds: rising(0.95, 0.99),
      links,
      span: 8,
    }),
  ]);
}

const ofGpu = ["cluster", "node", "gpu", "modelName"] as const;

function wellRow(): Row {
  return row("Are they well?", [
    timeseries({
      title: "Hottest by cluster",
      description:
        "Does any get too hot? From 85 °C on most slow down by themselves: look at the node's airflow and fans.",
      queries: [max(["cluster"], select(gpuTemperature, filter))],
      thresholds: rising(80, 88),
      links,
      span: 8,
    }),
    timeseries({
      title: "Power by cluster",
      description: "How much do they take? A drop beside the same load: they were slowed down, by heat or by a limit.",
      queries: [sum(["cluster"], select(gpuPower, filter))],
      thresholds: neutral("as much as their work needs"),
      links,
      span: 8,
    }),
    table({
      title: "Hardware errors",
      description:
        "Which processors reported an error of their own (XID), not of an application? Drain the node; 48, 63, 64, 94 and 95 are memory, 74 the link, 79 fell off the bus.",
      whenEmpty: "No processor has an error of its own",
      keys: [{ label: "node", title: "Node" }, { label: "gpu", title: "GPU" }, clusterKey],
      columns: [
        {
          title: "XID",
          query: highest(max(["cluster", "node", "gpu"], select(gpuHardwareErrors, filter))),
          thresholds: rising(1, 1),
        },
      ],
      worst: { column: "XID", is: "highest" },
      thresholds: own,
      links: [intoGpuNode],
      span: 8,
      height: 10,
    }),
    table({
      title: "Processors",
      description:
        "Which ones idle, and which are hot? The twenty that do least first; open the node to see whose they are.",
      keys: [
        { label: "node", title: "Node" },
        { label: "gpu", title: "GPU" },
        { label: "modelName", title: "Model" },
        clusterKey,
      ],
      columns: [
        {
          title: "Utilisation",
          query: idlest(max([...ofGpu], select(gpuUtilisation, filter))),
          thresholds: falling(0.05, 0.2),
        },
        {
          title: "Temperature",
          query: ofIdlest(max([...ofGpu], select(gpuTemperature, filter))),
          thresholds: rising(80, 88),
        },
      ],
      worst: { column: "Utilisation", is: "lowest" },
      thresholds: own,
      links: [intoGpuNode],
      span: 24,
    }),
  ]);
}

function idlest<L extends string>(query: Query<L>): Query<L> {
  return { ...query, ...promql({ unit: query.unit, labels: query.labels })`bottomk(20, ${query})` };
}

function ofIdlest(query: Query<(typeof ofGpu)[number]>): Query {
  const those = idlest(max([...ofGpu], select(gpuUtilisation, filter)));
  return promql({ unit: query.unit, labels: ofGpu })`${query} and on (${byList(ofGpu)}) ${those}`;
}

const byModel = ["cluster", "model"] as const;

function modelsRow(): Row {
  return row("How do models answer?", [
    timeseries({
      title: "Time to first token, 95th percentile",
      description:
        "How long do people look at nothing? Rising with the queue: too few servers. Rising without one: longer prompts, or a slower processor.",
      queries: [tokenQuantile(0.95, [...byModel], firstToken, ofModels)],
      thresholds: rising(1, 3),
      links,
      span: 8,
    }),
    timeseries({
      title: "Time per further token, 95th percentile",
      description:
        "Does the text come faster than one reads? Above a fifth of a second it does not: batches are too large, or it is slowed down.",
      queries: [tokenQuantile(0.95, [...byModel], nextToken, ofModels)],
      thresholds: rising(0.1, 0.25),
      links,
      span: 8,
    }),
    timeseries({
      title: "Requests that wait",
      description: "Is there more to do than can be done? A queue that grows needs another server, or less to do.",
      queries: [sum([...byModel], select(modelWaiting, ofModels))],
      thresholds: rising(5, 20),
      links,
      span: 8,
    }),
    timeseries({
      title: "Mean time of a request",
      description: "How long does a request take, with all runtimes? Compare the same model between clusters.",
      queries: [max([...byModel], select(modelDuration, ofModels))],
      thresholds: neutral("an embedding takes milliseconds, a long text half a minute"),
      links,
      span: 8,
    }),
    timeseries({
      title: "Tokens written",
      description: "How much do models write? Beside the queue above it says whether more would fit.",
      queries: [sum([...byModel], select(modelTokens, ofModels))],
      thresholds: neutral("as much as they are asked for"),
      links,
      span: 8,
    }),
    timeseries({
      title: "Cache of models",
      description:
        "How full is the memory for what models have read? Full is no fault by itself; full with a queue means requests are put off and begun again.",
      queries: [max([...byModel], select(modelCache, ofModels))],
      max: 1,
      thresholds: rising(0.9, 0.98),
      links,
      span: 8,
    }),
    modelTable(),
  ]);
}

/** The same model in several clusters and versions, beside each other. */
function modelTable(): Panel {
  const keys = ["model", "environment", "cluster"] as const;
  return table({
    title: "Models compared",
    description:
      "Which does better, of the same model in two environments or of two models? Choose both above; the same load on both is only fair.",
    keys: [{ label: "model", title: "Model" }, { label: "environment", title: "Environment" }, clusterKey],
    columns: [
      { title: "Requests", query: sum([...keys], select(modelRequests, ofModels)) },
      { title: "Tokens", query: sum([...keys], select(modelTokens, ofModels)) },
      {
        title: "First token",
        query: tokenQuantile(0.95, [...keys], firstToken, ofModels),
        thresholds: rising(1, 3),
      },
      {
        title: "Further token",
        query: tokenQuantile(0.95, [...keys], nextToken, ofModels),
        thresholds: rising(0.1, 0.25),
      },
      { title: "Request", query: max([...keys], select(modelDuration, ofModels)) },
      { title: "Waiting", query: sum([...keys], select(modelWaiting, ofModels)), thresholds: rising(5, 20) },
    ],
    worst: { column: "First token", is: "highest" },
    thresholds: own,
    links: [intoRow],
    span: 24,
  });
}

function costRow(): Row {
  const because = neutral("a right cost depends on the budget, which the fleet does not state");
  return row("What do they cost?", [
    timeseries({
      title: "Cost by environment",
      description: "What do they cost a month at today's number? List prices as OpenCost knows them.",
      queries: [monthly(sum(["environment"], select(gpuCost, filter)))],
      thresholds: because,
      links: [toBoard("gpu-monitoring", "Only this environment", { environment: ofSeries("environment") })],
      span: 8,
      height: 7,
    }),
    timeseries({
      title: "Cost of idle processors",
      description:
        "What is paid for processors while they do nothing? The first place to save: fewer, shared, or put to other work at night.",
      queries: [monthly(idleCost(["environment"], filter))],
      thresholds: because,
      links: [toBoard("gpu-monitoring", "Only this environment", { environment: ofSeries("environment") })],
      span: 8,
      height: 7,
    }),
    timeseries({
      title: "Cost of a million tokens",
      description:
        "What does it cost to have a million tokens written, idle time and all? Compare with what others sell them for.",
      queries: [costPerMillionTokens(["environment"], filter)],
      thresholds: because,
      links: [toBoard("gpu-monitoring", "Only this environment", { environment: ofSeries("environment") })],
      span: 8,
      height: 7,
    }),
  ]);
}

function benchmarkRow(): Row {
  return row("Which processors do best?", [
    table({
      title: "Work for time, power and money",
      description:
        "What does each cluster get out of its processors? Tokens a second of each, tokens for a joule, and the price of a million: at full load they compare processors, at half load how well they are used.",
      keys: [clusterKey, { label: "environment", title: "Environment" }],
      columns: [
        { title: "Tokens a GPU", query: tokensPerGpu(["cluster", "environment"], filter) },
        { title: "Tokens a joule", query: tokensPerJoule(["cluster", "environment"], filter) },
        { title: "Million tokens", query: costPerMillionTokens(["cluster", "environment"], filter) },
        {
          title: "In use",
          query: gpuShare(["cluster", "environment"], gpuBusy, filter),
          thresholds: falling(0.05, 0.2),
        },
      ],
      worst: { column: "Million tokens", is: "highest" },
      thresholds: own,
      links: [intoRow],
      span: 24,
    }),
  ]);
}
