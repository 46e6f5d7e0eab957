import { falling, neutral, rising } from "../panels/panel.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { max, promql, type Query, select, sum } from "../queries/query.ts";
import { workloadCpuUsed, workloadDesired, workloadMemoryUsed, workloadReady } from "../recording/namespaces.ts";
import { burnRate, errorRatio, serviceErrors, serviceRequests } from "../recording/services.ts";
import { type Board, row, type Row } from "./board.ts";
import { clusterKey, highest, intoWorkload, lowest, namespaceKey, own } from "./drill-down.ts";
import { filter, thisCluster } from "./filter.ts";
import { complaints, dependencies, exemplars, latency, ofServices, promises, serviceVariable } from "./services.ts";

/** Does this service answer, quickly and well; who calls it, and whom does it call? */
export const service: Board = {
  uid: "service",
  title: "Service",
  description: "Does this service answer, quickly and well; who calls it, and whom does it call?",
  tags: ["drill-down"],
  variables: () => [serviceVariable],
  rows: () => [answersRow(), callsRow(), promiseRow(), podsRow(), saidRow()],
};

function answersRow(): Row {
  const links = [thisCluster];
  return row("Does it answer?", [
    timeseries({
      title: "Requests",
      description: "How much is it asked, in each cluster? A drop to nothing is as bad as errors: nobody reaches it.",
      queries: [sum(["cluster"], select(serviceRequests, ofServices))],
      thresholds: neutral("as much as people ask"),
      links,
      span: 8,
    }),
    timeseries({
      title: "Errors",
      whenEmpty: "No requests",
      description: "What share of its requests fails, and since when? Beside a rollout: roll back first, then look.",
      queries: [errorRatio(["cluster"], ofServices)],
      thresholds: rising(0.001, 0.01),
      links,
      span: 8,
    }),
    timeseries({
      title: "Failed requests",
      description: "How many requests a second fail? A large share of few is less than a small share of many.",
      queries: [sum(["cluster"], select(serviceErrors, ofServices))],
      thresholds: neutral("the share beside it says how bad it is"),
      links,
      span: 8,
    }),
    timeseries({
      title: "Latency",
      description:
        "How long do requests take: the middle one, the slowest of twenty, of a hundred? All three rise: it is overloaded. Only the last: some requests, or some pods.",
      queries: [...latency(0.99, "99th"), ...latency(0.95, "95th"), ...latency(0.5, "median")],
      thresholds: rising(0.5, 2),
      links,
    }),
    exemplars(),
  ]);
}

function callsRow(): Row {
  return row("Who calls it, and whom does it call?", [
    dependencies(
      "Its callers",
      "Who calls it, and for whom does it fail? It fails only for one: look at what that one asks.",
      { server: { matches: "$service" } },
    ),
    dependencies(
      "What it calls",
      "Whom does it call, and who fails it? What it waits for is often where its own errors come from.",
      { client: { matches: "$service" } },
    ),
  ]);
}

function promiseRow(): Row {
  return row("Does it keep its promise?", [
    promises(),
    timeseries({
      title: "Budget spent",
      whenEmpty: "No requests",
      description:
        "How many times faster than the promise allows do failures come? Above 14 the budget of thirty days is gone in two days.",
      queries: [burnRate("1h", ["cluster"], ofServices)],
      thresholds: rising(6, 14.4),
      span: 10,
    }),
  ]);
}

/** Most are called as the workload behind them. */
const behind = { ...filter, workload: { matches: "$service" } } as const;

function podsRow(): Row {
  const keys = ["cluster", "namespace", "workload", "kind"] as const;
  const desired = max([...keys], select(workloadDesired, behind));
  const share: Query = promql({
    unit: "ratio",
    labels: keys,
  })`${max([...keys], select(workloadReady, behind))} / (${desired} > 0)`;
  return row("What runs it?", [
    table({
      title: "Workloads of its name",
      description:
        "Does it have the pods that it should have, and what do they use? Open one for its pods and rollouts.",
      whenEmpty: "No workload is called as it",
      keys: [{ label: "workload", title: "Workload" }, { label: "kind", title: "Kind" }, namespaceKey, clusterKey],
      columns: [
        { title: "Desired", query: highest(desired) },
        { title: "Ready", query: lowest(share), thresholds: falling(0.5, 1) },
        { title: "CPU", query: highest(max([...keys], select(workloadCpuUsed, behind))) },
        { title: "Memory", query: highest(max([...keys], select(workloadMemoryUsed, behind))) },
      ],
      worst: { column: "Ready", is: "lowest" },
      thresholds: own,
      links: [intoWorkload],
      span: 24,
      height: 7,
    }),
  ]);
}

function saidRow(): Row {
  return row("What does it say?", [complaints()]);
}
