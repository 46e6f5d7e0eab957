import { neutral, rising, falling } from "../panels/panel.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import {
  byList,
  type CounterName,
  group,
  max,
  type MetricName,
  promql,
  type Query,
  rate,
  select,
} from "../queries/query.ts";
import { gpuHardwareErrors, gpuTemperature, gpuUtilisation } from "../recording/gpu.ts";
import { type Board, type BoardVariable, row, type Row } from "./board.ts";
import { clusterKey, highest, intoNode, intoPod, namespaceKey, own, podKey } from "./drill-down.ts";
import { filter } from "./filter.ts";

/** Are the graphics processors of this node well, and whose are they? */
export const gpuNode: Board = {
  uid: "gpu-node",
  title: "GPU Node",
  description: "Are the graphics processors of this node well, and whose are they?",
  tags: ["drill-down"],
  allow: [
    {
      where: "Rows of memory replaced",
      check: "M02",
      because: "the card itself keeps this count: it is how worn the memory is, whenever the exporter began",
    },
  ],
  variables: () => [nodeVariable],
  rows: () => [stateRow(), workRow(), healthRow()],
};

const nodeVariable: BoardVariable = {
  name: "node",
  title: "Node",
  label: "node",
  of: select(gpuUtilisation, filter),
};

const here = { ...filter, node: { matches: "$node" } } as const;
const ofGpu = ["cluster", "node", "gpu", "modelName"] as const;

/** Of each part, where a processor is cut. Versions differ in what they call the node. */
const part = ["cluster", "node", "gpu", "GPU_I_ID"] as const;

function named(query: Query): Query {
  return promql({
    unit: query.unit,
    labels: [...part],
  })`max by (${byList(part)}) (label_join(${query}, "node", "", "Hostname", "hostname"))`;
}

function ofThisNode(query: Query): Query {
  const those = group(["cluster", "node"], select(gpuUtilisation, here));
  return {
    ...promql({
      unit: query.unit,
      labels: [...part],
    })`${named(query)} and on (${byList(["cluster", "node"])}) ${those}`,
    legend: "{{node}} {{gpu}} {{GPU_I_ID}}",
  };
}

function gauge(metric: MetricName & `DCGM_${string}`): Query {
  return ofThisNode(select(metric, filter));
}

function counted(metric: CounterName & `DCGM_${string}`): Query {
  return ofThisNode(rate(metric, filter));
}

function stateRow(): Row {
  const pods = ["cluster", "namespace", "pod"] as const;
  const asked = promql({
    unit: "none",
    labels: pods,
  })`${max([...pods], select("kube_pod_container_resource_requests", { ...here, resource: { matches: "nvidia_com_(?:gpu|mig_.+)" } }))}`;
  // The node is chosen among those whose processors are watched: without them there is nothing to choose.
  const held = { ...asked, requires: [...asked.requires, ...gpuUtilisation.requires] };
  return row("What is it, and whose is it?", [
    table({
      title: "Processors",
      description:
        "Which processors does it have, and how are they? An XID other than of an application: drain the node.",
      keys: [
        { label: "gpu", title: "GPU" },
        { label: "modelName", title: "Model" },
        { label: "node", title: "Node" },
        clusterKey,
      ],
      columns: [
        {
          title: "Utilisation",
          query: max([...ofGpu], select(gpuUtilisation, here)),
          thresholds: falling(0.05, 0.2),
        },
        { title: "Temperature", query: max([...ofGpu], select(gpuTemperature, here)), thresholds: rising(80, 88) },
        { title: "XID", query: max([...ofGpu], select(gpuHardwareErrors, here)), thresholds: rising(1, 1) },
      ],
      worst: { column: "Utilisation", is: "lowest" },
      thresholds: own,
      links: [intoNode],
      span: 14,
      height: 7,
    }),
    table({
      title: "Pods that have one",
      description: "Whose are they? One that has a processor and leaves it idle should give it back.",
      whenEmpty: "No pod has one",
      keys: [podKey, namespaceKey, clusterKey],
      columns: [{ title: "Processors", query: highest(held) }],
      worst: { column: "Processors", is: "highest" },
      thresholds: neutral("as many as it asked for"),
      links: [intoPod],
      span: 10,
      height: 7,
    }),
  ]);
}

function workRow(): Row {
  const idle = neutral("busy is what they are for");
  const memory = promql({
    unit: "ratio",
    labels: [...part],
  })`${gauge("DCGM_FI_DEV_FB_USED")} / (${gauge("DCGM_FI_DEV_FB_USED")} + ${gauge("DCGM_FI_DEV_FB_FREE")})`;
  return row("What do they do?", [
    timeseries({
      title: "Engines",
      description: "In what share of the time does each compute? By its engines, which parts of a cut one count too.",
      queries: [{ ...gauge("DCGM_FI_PROF_GR_ENGINE_ACTIVE"), unit: "ratio" }],
      max: 1,
      thresholds: idle,
      span: 8,
    }),
    timeseries({
      title: "Tensor cores",
      description: "Does it multiply matrices? Far below its engines: it waits for memory, or the batches are small.",
      queries: [{ ...gauge("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"), unit: "ratio" }],
      max: 1,
      thresholds: idle,
      span: 8,
    }),
    timeseries({
      title: "Memory traffic",
      description: "Is memory what holds it up? Near 100 %: a smaller model, or one with fewer bits, would be faster.",
      queries: [{ ...gauge("DCGM_FI_PROF_DRAM_ACTIVE"), unit: "ratio" }],
      max: 1,
      thresholds: rising(0.85, 0.95),
      span: 8,
    }),
    timeseries({
      title: "Memory in use",
      description: "How full is its memory? A server of models takes what it is given; what grows by itself is a leak.",
      queries: [{ ...memory, legend: "{{node}} {{gpu}} {{GPU_I_ID}}" }],
      max: 1,
      thresholds: rising(0.95, 0.99),
    }),
    timeseries({
      title: "Clock",
      description: "Does it run as fast as it may? Lower at the same load: heat or power slows it down.",
      queries: [gauge("DCGM_FI_DEV_SM_CLOCK")],
      thresholds: neutral("each model has its own"),
    }),
  ]);
}

function healthRow(): Row {
  return row("Is it well?", [
    timeseries({
      title: "Temperature",
      description: "Does it get too hot? From 85 °C on most slow down by themselves: look at airflow and fans.",
      queries: [gauge("DCGM_FI_DEV_GPU_TEMP")],
      thresholds: rising(80, 88),
      span: 8,
    }),
    timeseries({
      title: "Power",
      description: "How much does it take? At its limit it slows down.",
      queries: [gauge("DCGM_FI_DEV_POWER_USAGE")],
      thresholds: neutral("each model has its own limit"),
      span: 8,
    }),
    timeseries({
      title: "XID",
      description:
        "What was the last error that the driver told of, and when? 13, 31, 43, 45 and 68 are of the application, all others of the hardware: drain the node. It stays until the node starts anew.",
      queries: [gauge("DCGM_FI_DEV_XID_ERRORS")],
      thresholds: rising(1, 46),
      span: 8,
    }),
    timeseries({
      title: "Rows of memory replaced",
      description:
        "Does its memory break? A row that could not be corrected was replaced: the node must be started anew, and if it goes on the card exchanged.",
      queries: [gauge("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS")],
      thresholds: rising(1, 8),
    }),
    timeseries({
      title: "PCIe replays",
      description: "Is its slot or cable bad? Replays that go on: seat the card again, or exchange it.",
      queries: [counted("DCGM_FI_DEV_PCIE_REPLAY_COUNTER")],
      thresholds: rising(0.1, 1),
    }),
  ]);
}
