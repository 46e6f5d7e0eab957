import type { Cluster, Environment } from "../fleet/model.ts";
import { falling, neutral, type Panel, rising } from "../panels/panel.ts";
import { stat } from "../panels/stat.ts";
import { table, type TableColumn } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import {
  avg,
  byList,
  complement,
  count,
  isAnswered,
  max,
  min,
  promql,
  type Query,
  type RecordedSeries,
  select,
  sum,
} from "../queries/query.ts";
import {
  cpuRequestShare,
  cpuShare,
  daysUntilFull,
  forecast,
  largestNodeCpu,
  largestNodeMemory,
  memoryRequestShare,
  memoryShare,
  nodeCount,
  podShare,
  unusedCost,
  unusedCpu,
  unusedMemory,
  volumeFilling,
} from "../recording/capacity.ts";
import { latencyOfAll, serviceCount, workloadCount } from "../recording/compare.ts";
import { loadBalancerCost, monthly, nodeCost, volumeCost } from "../recording/cost.ts";
import {
  amountDrift,
  componentVersions,
  containerCpu,
  containerMemory,
  type Drift,
  drift,
  fluxRevisions,
  oddOnesOut,
  onlyOn,
  outOfSync,
} from "../recording/drift.ts";
import { healthScore } from "../recording/health.ts";
import { inventory } from "../recording/inventory.ts";
import { nodeFilesystem, workloadDesired, workloadImages } from "../recording/namespaces.ts";
import { type Place, place, type Recorded } from "../recording/record.ts";
import { cpuCommitted, cpuUtilisation, memoryCommitted, memoryUtilisation, podsReady } from "../recording/resources.ts";
import { errorRatio, latencyQuantile, nativeQuantile, serviceRequests } from "../recording/services.ts";
import { shareBy } from "../recording/share.ts";
import { clusterRequests, requestErrors } from "../recording/slis.ts";
import { type Board, type BoardContext, type BoardVariable, row, type Row } from "./board.ts";
import { compare, type Compared, ofSide } from "./compare.ts";
import { clusterKey, highest, intoNamespace, intoNode, lowest, namespaceKey, own } from "./drill-down.ts";
import { filter, ofRow, ofSeries, toBoard } from "./filter.ts";

/** How do two environments or clusters differ, what drifts apart, and how long do they last? */
export const environmentComparison: Board = {
  uid: "environment-comparison",
  title: "Environment Comparison",
  description:
    "How do two environments or clusters differ, what drifts apart that should be the same, and how long will what they have last?",
  tags: ["comparison", "capacity"],
  variables: (context) => (canCompare(context) ? sidesOf(context) : []),
  rows: (context) => [
    ...(canCompare(context) ? [resourcesRow(context), applicationsRow(context), driftRow()] : [gitRow()]),
    capacityRow(),
  ],
};

const left = "$left";
const right = "$right";
const sides = compare(left, right);

interface Choices {
  readonly environments: readonly Environment[];
  readonly clusters: readonly Cluster[];
}

/** The environments of a view that have clusters, in the order of promotion; and its clusters. */
function choicesOf({ fleet, view }: BoardContext): Choices {
  const clusters = view.clusters.filter(({ state }) => state !== "planned");
  const environments = fleet.environments.filter(
    ({ name }) => view.environments.includes(name) && clusters.some(({ environment }) => environment === name),
  );
  // With one environment there is only what is in it.
  return { environments: environments.length > 1 ? environments : [], clusters };
}

function canCompare(context: BoardContext): boolean {
  return choicesOf(context).clusters.length > 1;
}

/** At first the two highest environments that run workloads, or two clusters where there is one environment. */
function sidesOf(context: BoardContext): readonly BoardVariable[] {
  const { environments, clusters } = choicesOf(context);
  const choices = [...new Set([...environments, ...clusters].map(({ name }) => name))];
  const working = environments.filter(({ workload }) => workload);
  const highestTwo = (working.length > 1 ? working : environments).slice(-2);
  const [first, second] = highestTwo.length > 1 ? highestTwo : clusters;
  return [
    { name: "left", title: "Left", choices, initially: first?.name ?? "" },
    { name: "right", title: "Right", choices, initially: second?.name ?? "" },
  ];
}

const byDesign = neutral("a difference can be meant: which side should have more is for the reader to say");

/** A measure that is a row of a table. */
interface Measure {
  readonly name: string;
  readonly query: Query<never>;
}

const sums = (recorded: RecordedSeries<Place>): Query<never> => sum([], select(recorded, filter));

const cpu = shareBy([], cpuShare, filter);
const memory = shareBy([], memoryShare, filter);
const cpuRequested = shareBy([], cpuRequestShare, filter);
const memoryRequested = shareBy([], memoryRequestShare, filter);
const errors = requestErrors([], filter);
const requests: Query<never> = sum([], select(clusterRequests, filter));

/** Of an environment as bad as its worst cluster: a mean would hide it. */
const health: Query<never> = min([], select(healthScore, filter));

/** What runs in any cluster of the view. */
function runningIn({ view }: BoardContext): ReadonlySet<string> {
  return new Set(view.clusters.flatMap(({ jobs }) => Object.keys(jobs)));
}

/** Of several sources the slowest, as their buckets do not add up; native histograms where there are no others. */
function slowest<K extends "service">(
  by: readonly K[],
  buckets: Query<K | "source">,
  native: Query<K | "source">,
  context: BoardContext,
): Query<K> {
  const [first, second] = [max(by, buckets as Query<K>), max(by, native as Query<K>)];
  if (!isAnswered(native, runningIn(context))) return first;
  return { ...first, ...promql({ unit: "seconds", labels: by })`${first} or ${second}`, requires: buckets.requires };
}

function latencyByService(context: BoardContext): Query<"service"> {
  const options = { quantile: 0.95, by: ["service", "source"] as const, where: filter };
  return slowest(["service"], latencyQuantile(options), nativeQuantile(options), context);
}

function latency(context: BoardContext): Query<never> {
  const { buckets, native } = latencyOfAll(0.95, filter);
  return slowest([], buckets, native, context);
}

/** What clusters cost when they last said so, a month. */
const cost: Query<never> = {
  ...monthly(
    promql({
      unit: "currency per hour",
      labels: [],
    })`${lastKnown(nodeCost)} + ${lastKnown(volumeCost)} + ${lastKnown(loadBalancerCost)}`,
  ),
  requires: nodeCost.requires,
};

function lastKnown(recorded: Recorded<Place>): Query<never> {
  const known = promql({ unit: recorded.unit, labels: place })`last_over_time(${select(recorded, filter)}[1d])`;
  return sum([], max(place, known));
}

const gibibyte = 1024 ** 3;

const shares: readonly Measure[] = [
  { name: "CPU in use", query: cpu },
  { name: "CPU requested", query: cpuRequested },
  { name: "Memory in use", query: memory },
  { name: "Memory requested", query: memoryRequested },
  { name: "Pods, of those that fit", query: shareBy([], podShare, filter) },
  { name: "Pods ready, worst cluster", query: min([], select(podsReady, filter)) },
  { name: "Health score, worst cluster", query: health },
  { name: "Requests that fail", query: errors },
];

const counts: readonly Measure[] = [
  { name: "Clusters", query: count([], select(inventory, { state: "active", ...filter })) },
  { name: "Nodes", query: sums(nodeCount) },
  { name: "Cores", query: sums(cpuShare.total) },
  {
    name: "Memory, GiB",
    query: promql({ unit: "none", labels: [] })`${sums(memoryShare.total)} / ${gibibyte}`,
  },
  { name: "Pods", query: sums(podShare.used) },
  { name: "Workloads", query: sums(workloadCount) },
  { name: "Services", query: sums(serviceCount) },
];

/** One query of several measures, of those that the view's clusters have. */
function stacked(measures: readonly Measure[], context: BoardContext): Query<"measure"> {
  const running = runningIn(context);
  const there = measures.filter(({ query }) => isAnswered(query, running));
  const each = there.map(({ name, query }) => `label_replace(${query.expr}, "measure", "${name}", "", "")`);
  return promql({ unit: there[0]?.query.unit ?? "none", labels: ["measure"] })`${each.join(" or ")}`;
}

function columns({ left: one, right: other, difference }: Compared<string>): [TableColumn, TableColumn, TableColumn] {
  return [
    { title: "Left", query: one },
    { title: "Right", query: other },
    { title: "Difference", query: difference },
  ];
}

const theirServices = toBoard("cross-cluster-performance", "Their services");
const theirClusters = toBoard("multi-cluster-overview", "Their clusters");

/** Left and right as lines. */
function lines(
  title: string,
  description: string,
  measure: Query<never>,
  { thresholds = byDesign, ...others }: Partial<Parameters<typeof timeseries>[0]> = {},
): Panel {
  const compared = sides(measure);
  return timeseries({
    title,
    description,
    queries: [compared.left, compared.right],
    thresholds,
    links: [theirClusters],
    span: 6,
    height: 8,
    ...others,
  });
}

/** Which side a cluster is on, as a label. */
function named(query: Query<Place>): Query<Place | "side"> {
  const each = [left, right].map((name) => `label_replace(${ofSide(name, query).expr}, "side", "${name}", "", "")`);
  return {
    ...query,
    ...promql({ unit: query.unit, labels: [...place, "side"] })`${each.join(" or ")}`,
    requires: query.requires,
  };
}

const perCluster = (recorded: Recorded<Place>): Query<Place> => max(place, select(recorded, filter));

function resourcesRow(context: BoardContext): Row {
  const busy = rising(0.7, 0.9);
  const costs = sides(cost);
  return row("How do they differ?", [
    table({
      title: "Shares side by side",
      description:
        "How full, how busy and how well is each side? Shares of all its clusters together. A side that asks for much more than it uses has requests to lower; one that is fuller will be short first.",
      keys: [{ label: "measure", title: "Measure", width: 190 }],
      columns: columns(sides(stacked(shares, context))),
      worst: { column: "Measure", is: "lowest" },
      thresholds: byDesign,
      span: 9,
      height: 10,
    }),
    table({
      title: "Sizes side by side",
      description:
        "How large is each side? Services or workloads that one side lacks are named further down; a test on a side with a tenth of the nodes proves little about the other.",
      keys: [{ label: "measure", title: "Measure", width: 190 }],
      columns: columns(sides(stacked(counts, context))),
      worst: { column: "Measure", is: "lowest" },
      thresholds: byDesign,
      span: 8,
      height: 10,
    }),
    stat({
      title: "Cost a month",
      description:
        "What does each side cost a month at today's size? List prices as OpenCost knows them. A side that grew by itself: see what is requested and unused below.",
      queries: [costs.left, costs.right, costs.difference],
      thresholds: neutral("a right cost depends on the budget, which the fleet does not state"),
      span: 7,
      height: 10,
    }),
    lines(
      "CPU in use",
      "Which side runs out of processor time, and do both have the same day? Above 90 % work waits.",
      cpu,
      { max: 1, thresholds: busy },
    ),
    lines("Memory in use", "Which side runs out of memory? Above 90 % the kernel starts to kill.", memory, {
      max: 1,
      thresholds: busy,
    }),
    lines(
      "CPU requested",
      "Where would the next pod find a place? Share of allocatable processors that pods have asked for, used or not.",
      cpuRequested,
      { max: 1, thresholds: rising(0.8, 0.95) },
    ),
    lines(
      "Health score",
      "Which side is not well, and since when? That of its worst cluster; the table beside names it.",
      health,
      { max: 1, thresholds: falling(0.5, 0.9) },
    ),
    table({
      title: "Clusters of both sides",
      description:
        "Which clusters are compared, and which one makes the difference? A click opens the cluster. A cluster on both sides is listed twice.",
      keys: [clusterKey, { label: "side", title: "Side" }, { label: "region", title: "Region" }],
      columns: [
        { title: "Score", query: named(perCluster(healthScore)), thresholds: falling(0.5, 0.9) },
        { title: "CPU", query: named(perCluster(cpuUtilisation)), thresholds: busy },
        { title: "Memory", query: named(perCluster(memoryUtilisation)), thresholds: busy },
        { title: "CPU requested", query: named(perCluster(cpuCommitted)), thresholds: rising(0.8, 0.95) },
        { title: "Memory requested", query: named(perCluster(memoryCommitted)), thresholds: rising(0.8, 0.95) },
        { title: "Nodes", query: named(perCluster(nodeCount)) },
      ],
      worst: { column: "Score", is: "lowest" },
      thresholds: own,
      links: [intoCluster],
      span: 18,
    }),
    lines("Cost over time", "Which side became dearer, and when? A step is a change of nodes or of prices.", cost),
  ]);
}

const intoCluster = toBoard("cluster", "Open this cluster", { cluster: ofRow("Cluster") });

/** The services with the most requests: nobody reads more. */
const busiest: Query<"service"> = highest(sum(["service"], select(serviceRequests, filter)), 30);

function ofBusiest(query: Query<"service">): Query<"service"> {
  return {
    ...query,
    ...promql({ unit: query.unit, labels: ["service"] })`${query} and on (service) ${busiest}`,
    requires: query.requires,
  };
}

function applicationsRow(context: BoardContext): Row {
  const asked = sides(sum(["service"], select(serviceRequests, filter)));
  const failed = sides(errorRatio(["service"], filter));
  const took = sides(latencyByService(context));
  const failing = rising(0.001, 0.01);
  return row("How do the same applications do on both?", [
    lines(
      "Requests",
      "How much is each side asked? A side that gets no traffic has an application nobody tests there.",
      requests,
      { span: 8, links: [theirServices] },
    ),
    lines(
      "Requests that fail",
      "Which side fails more often, and since when? The table below names the service; what fails on one side only is a matter of its release or its settings.",
      errors,
      { thresholds: failing, span: 8, links: [theirServices] },
    ),
    lines(
      "Latency p95",
      "Which side answers slower? 95 % of the requests took no longer. The side with less traffic can be slower for cold caches.",
      latency(context),
      { thresholds: rising(0.5, 1), span: 8, links: [theirServices] },
    ),
    table({
      title: "Services side by side",
      description:
        "Which service does worse on one side? The thirty with the most requests. A higher error share or latency at the same release: compare its requests, limits and replicas below.",
      keys: [{ label: "service", title: "Service" }],
      columns: [
        { title: "Requests left", query: ofBusiest(asked.left) },
        { title: "Requests right", query: ofBusiest(asked.right) },
        { title: "Requests difference", query: ofBusiest(asked.difference) },
        { title: "Errors left", query: ofBusiest(failed.left), thresholds: failing },
        { title: "Errors right", query: ofBusiest(failed.right), thresholds: failing },
        { title: "Errors difference", query: ofBusiest(failed.difference) },
        { title: "p95 left", query: ofBusiest(took.left) },
        { title: "p95 right", query: ofBusiest(took.right) },
        { title: "p95 difference", query: ofBusiest(took.difference) },
      ],
      worst: { column: "Errors difference", is: "highest" },
      thresholds: own,
      links: [toBoard("service", "Open this service", { service: ofRow("Service") })],
      height: 10,
    }),
  ]);
}

/** A row for each thing that differs, and what each side has of it. */
function drifts({ left: one, right: other }: Drift<string>): [TableColumn, TableColumn] {
  return [
    { title: "Left", query: highest(one, 100) },
    { title: "Right", query: highest(other, 100) },
  ];
}

const isDrift = neutral("each row is a difference; whether it is meant, the reader knows");

const workloadKey = { label: "workload", title: "Workload" } as const;
const containerKey = { label: "container", title: "Container" } as const;
const kindKey = { label: "kind", title: "Kind" } as const;

/** The workload wherever the filters show it: on both sides. */
const intoBoth = toBoard("workload", "Open this workload on both sides", {
  namespace: ofRow("Namespace"),
  workload: ofRow("Workload"),
});

const intoWorkload = toBoard("workload", "Open this workload", {
  cluster: ofRow("Cluster"),
  namespace: ofRow("Namespace"),
  workload: ofRow("Workload"),
});

const containerLabels = ["namespace", "workload", "container"] as const;

function settingDrift(series: typeof containerCpu): Drift<(typeof containerLabels)[number] | "setting"> {
  const { left: one, right: other } = sides(avg([...containerLabels, "setting"], select(series, filter)));
  return amountDrift({ left: one, right: other, thing: containerLabels, part: ["setting"] });
}

function settingTable(title: string, description: string, series: typeof containerCpu): Panel {
  return table({
    title,
    description,
    whenEmpty: "All containers ask for the same and may have the same",
    keys: [workloadKey, containerKey, { label: "setting", title: "Setting" }, namespaceKey],
    columns: drifts(settingDrift(series)),
    worst: { column: "Workload", is: "lowest" },
    thresholds: isDrift,
    links: [intoBoth],
  });
}

/** Their mean per cluster: an environment of six clusters has not drifted from one of three. */
const replicas = sides(
  avg(["namespace", "workload", "kind"], select(workloadDesired, { ...filter, kind: { not: "DaemonSet" } })),
);

function driftRow(): Row {
  const versions = sides(sum(["component", "version"], select(componentVersions, filter)));
  const images = sides(sum([...containerLabels, "image_spec"], select(workloadImages, filter)));
  const revisions = sides(sum(["namespace", "kind", "name", "revision"], select(fluxRevisions, filter)));
  const desired = sides(sum(["namespace", "workload", "kind"], select(workloadDesired, filter)));
  return row(
    "What drifts?",
    [
      table({
        title: "Versions that differ",
        description:
          "Which Kubernetes, node image, kernel or runtime does only one side run, and on how many nodes? The next environment should follow within weeks: plan its upgrade.",
        whenEmpty: "Both sides run the same versions",
        keys: [
          { label: "component", title: "Component" },
          { label: "version", title: "Version" },
        ],
        columns: drifts(drift({ ...versions, thing: ["component"], fact: ["version"] })),
        worst: { column: "Component", is: "lowest" },
        thresholds: isDrift,
      }),
      table({
        title: "Versions unlike the rest of the environment",
        description:
          "Which cluster left the others of its environment? A version that at most half of them run. Nobody meant it where no upgrade goes on: bring it back or go on with the others.",
        whenEmpty: "All clusters of an environment run the same versions",
        keys: [clusterKey, { label: "component", title: "Component" }, { label: "version", title: "Version" }],
        columns: [
          {
            title: "Nodes",
            query: highest(
              oddOnesOut(
                max([...place, "component", "version"], select(componentVersions, filter)),
                ["component"],
                ["version"],
              ),
              100,
            ),
          },
        ],
        worst: { column: "Cluster", is: "lowest" },
        thresholds: isDrift,
        links: [intoCluster],
      }),
      table({
        title: "Images that differ",
        description:
          "Which workloads run an image on one side that the other does not have, in how many pods? A release under way explains it for days; older: it was never promoted, or was changed by hand.",
        whenEmpty: "All workloads run the same images",
        keys: [workloadKey, containerKey, { label: "image_spec", title: "Image" }, namespaceKey],
        columns: drifts(drift({ ...images, thing: containerLabels, fact: ["image_spec"] })),
        worst: { column: "Workload", is: "lowest" },
        thresholds: isDrift,
        links: [intoBoth],
      }),
      table({
        title: "Images unlike the rest of the environment",
        description:
          "Which cluster runs an image that at most half of the clusters of its environment run? A rollout that stopped half-way, or a change by hand: let the delivery apply what Git says.",
        whenEmpty: "All clusters of an environment run the same images",
        keys: [workloadKey, { label: "image_spec", title: "Image" }, namespaceKey, clusterKey],
        columns: [
          {
            title: "Pods",
            query: highest(
              oddOnesOut(
                max([...place, ...containerLabels, "image_spec"], select(workloadImages, filter)),
                containerLabels,
                ["image_spec"],
              ),
              100,
            ),
          },
        ],
        worst: { column: "Workload", is: "lowest" },
        thresholds: isDrift,
        links: [intoWorkload],
      }),
      table({
        title: "Replicas that differ",
        description:
          "Which workloads are meant to have another number of pods, on average per cluster? Fewer outside production is usual; a row out of line with the others was scaled by hand, or by an autoscaler. Without DaemonSets, which follow the nodes.",
        whenEmpty: "All workloads have the same number of replicas",
        keys: [workloadKey, kindKey, namespaceKey],
        columns: drifts(amountDrift({ ...replicas, thing: ["namespace", "workload", "kind"] })),
        worst: { column: "Right", is: "highest" },
        thresholds: isDrift,
        links: [intoBoth],
      }),
      table({
        title: "Workloads on one side only",
        description:
          "What is installed on one side and not on the other, with how many pods? What is missing in the last environment was not promoted; what is missing in an earlier one was never tested there.",
        whenEmpty: "Both sides have the same workloads",
        keys: [workloadKey, kindKey, namespaceKey],
        columns: drifts(onlyOn(desired, ["namespace", "workload", "kind"])),
        worst: { column: "Workload", is: "lowest" },
        thresholds: isDrift,
        links: [intoBoth],
      }),
      settingTable(
        "CPU settings that differ",
        "Which containers ask for another share of a processor, or are limited otherwise? What was measured on one side does not hold for the other: set both from one place.",
        containerCpu,
      ),
      settingTable(
        "Memory settings that differ",
        "Which containers ask for other memory, or are limited otherwise? A lower limit in production is how a tested release gets killed: set both from one place.",
        containerMemory,
      ),
      table({
        title: "Git revisions that differ",
        description:
          "Which of Flux's resources are applied in another revision, in how many clusters? Sides that follow one branch differ for minutes only: see whether the source or the resource is stuck.",
        whenEmpty: "All that Flux says the revision of is applied in the same one",
        keys: [
          { label: "name", title: "Name" },
          { label: "kind", title: "Kind" },
          { label: "revision", title: "Revision" },
          namespaceKey,
        ],
        columns: drifts(drift({ ...revisions, thing: ["namespace", "kind", "name"], fact: ["revision"] })),
        worst: { column: "Name", is: "lowest" },
        thresholds: isDrift,
        links: [toBoard("namespace", "Open its namespace", { namespace: ofRow("Namespace") })],
      }),
      notAsGitSays(),
    ].map(half),
  );
}

/** Two tables in a line. */
function half(panel: Panel): Panel {
  return { ...panel, span: 12 };
}

function notAsGitSays(): Panel {
  return table({
    title: "Not as Git says",
    description:
      "What has Flux or Argo CD not applied as Git has it? Suspended: somebody works on it by hand. Not ready or out of sync for more than minutes: read why with `flux get all` or in Argo CD.",
    whenEmpty: "All is the same as in Git",
    keys: [
      clusterKey,
      { label: "kind", title: "Kind" },
      { label: "name", title: "Name" },
      { label: "status", title: "Status" },
      namespaceKey,
    ],
    columns: [
      {
        title: "Resources",
        query: highest(max([...place, "namespace", "kind", "name", "status"], select(outOfSync, filter)), 100),
        thresholds: rising(1, 2),
      },
    ],
    worst: { column: "Cluster", is: "lowest" },
    thresholds: own,
    links: [intoCluster],
    span: 12,
  });
}

function gitRow(): Row {
  return row("What drifts?", [notAsGitSays()]);
}

/** What a cluster has too little of one day, and which recorded share says so. */
const shortages = [
  { title: "CPU", recorded: cpuUtilisation },
  { title: "CPU requested", recorded: cpuCommitted },
  { title: "Memory", recorded: memoryUtilisation },
  { title: "Memory requested", recorded: memoryCommitted },
] as const;

const noForecast = "Nothing fills up within 90 days, or less than two weeks are recorded";

function capacityRow(): Row {
  const soon = falling(14, 60);
  const full = rising(0.8, 0.95);
  const used = (recorded: Recorded<Place>): Query<Place> => select(recorded, filter);
  return row("How long does it last?", [
    table({
      title: "Days until full",
      description:
        "In how many days has a cluster no room left, if it goes on as in the last four weeks? Empty: it does not grow, has more than 90 days, or less than two weeks are recorded. Below two months order nodes or lower requests.",
      whenEmpty: noForecast,
      keys: [clusterKey],
      columns: shortages.flatMap(({ title, recorded }) => [
        { title: `${title} now`, query: max(place, used(recorded)), thresholds: full },
        { title: `${title}, days`, query: daysUntilFull({ by: place, used: used(recorded) }), thresholds: soon },
      ]) as [TableColumn, ...TableColumn[]],
      worst: { column: "Cluster", is: "lowest" },
      thresholds: own,
      links: [intoCluster],
      height: 9,
    }),
    ...shortages.map(({ title, recorded }) =>
      timeseries({
        title: `${title} in 30 days`,
        description:
          "Where does the trend of the last four weeks lead? A cluster as it is, and as it will be 30 days later. A forecast that reaches 100 % is a month's notice to order nodes; none is drawn before two weeks are recorded.",
        queries: [
          { ...max(["cluster"], used(recorded)), legend: `${max(["cluster"], used(recorded)).legend} now` },
          {
            ...forecast(30, { by: ["cluster"], used: used(recorded) }),
            legend: `${max(["cluster"], used(recorded)).legend} in 30 days`,
          },
        ],
        max: 1,
        thresholds: full,
        links: [toBoard("cluster", "Open this cluster", { cluster: ofSeries("cluster") })],
        span: 6,
        height: 9,
      }),
    ),
    ...fullest(),
    ...spare(),
  ]);
}

/** Disks fill in hours, so half a day tells more than a week of them. */
const ofDisks = { window: "12h", since: "1h" } as const;

function fullest(): readonly Panel[] {
  return [
    table({
      title: "Fullest disks of nodes",
      description:
        "Which node's disk is full next, and when, if it goes on as in the last half day? Empty days: it does not grow. From 85 % the kubelet evicts pods: clean images and logs, or take a larger disk.",
      whenEmpty: "No disk is known",
      keys: [{ label: "node", title: "Node" }, { label: "mountpoint", title: "Mounted at" }, clusterKey],
      columns: fillingUp(["cluster", "node", "mountpoint"], select(nodeFilesystem, filter)),
      worst: { column: "Used", is: "highest" },
      thresholds: own,
      links: [intoNode],
      span: 12,
    }),
    table({
      title: "Fullest volumes",
      description:
        "Which volume that is more than half full is full next, and when, if it goes on as in the last half day? Empty days: it does not grow. Below two weeks enlarge it, which its storage class must allow.",
      whenEmpty: "No volume is more than half full",
      keys: [{ label: "persistentvolumeclaim", title: "Volume" }, namespaceKey, clusterKey],
      columns: fillingUp(["cluster", "namespace", "persistentvolumeclaim"], select(volumeFilling, filter)),
      worst: { column: "Used", is: "highest" },
      thresholds: own,
      links: [intoNamespace],
      span: 12,
    }),
  ];
}

/** The twenty fullest, and the twenty that are full first. */
function fillingUp<L extends string>(by: readonly NoInfer<L>[], used: Query<L>): [TableColumn, ...TableColumn[]] {
  const now = max(by, used);
  const days = lowest(daysUntilFull({ by, used, ...ofDisks }), 20);
  return [
    {
      title: "Used",
      query: promql({ unit: "ratio", labels: by })`${highest(now, 20)} or (${now} and on (${byList(by)}) ${days})`,
      thresholds: rising(0.8, 0.9),
    },
    { title: "Days until full", query: days, thresholds: falling(3, 14) },
  ];
}

function spare(): readonly Panel[] {
  const free = (used: Recorded<Place>, total: Recorded<Place>): Query<Place> =>
    promql({ unit: used.unit, labels: place })`${perCluster(total)} - ${perCluster(used)}`;
  const afterLoss = (left: Query<Place>, largest: Recorded<Place>): Query<Place> =>
    promql({ unit: left.unit, labels: place })`${left} - ${perCluster(largest)}`;
  const freeCpu = free(cpuRequestShare.used, cpuRequestShare.total);
  const freeMemory = free(memoryRequestShare.used, memoryRequestShare.total);
  const survives = falling(0, 1);
  const unusedBy = (by: readonly Place[]): [TableColumn, ...TableColumn[]] => [
    { title: "CPU", query: sum(by, unusedCpu(filter)) },
    { title: "Memory", query: sum(by, unusedMemory(filter)) },
    { title: "Cost a month", query: monthly(sum(by, unusedCost(filter))) },
  ];
  return [
    table({
      title: "Headroom",
      description:
        "How much more can pods ask for, and is it enough when the largest node is lost? Below zero in the last columns its pods would find no place: add a node or lower requests.",
      keys: [clusterKey],
      columns: [
        { title: "CPU", query: freeCpu, thresholds: survives },
        { title: "CPU free", query: complement(perCluster(cpuCommitted)), thresholds: falling(0.05, 0.2) },
        { title: "Memory", query: freeMemory, thresholds: falling(0, gibibyte) },
        { title: "Memory free", query: complement(perCluster(memoryCommitted)), thresholds: falling(0.05, 0.2) },
        { title: "Pods", query: free(podShare.used, podShare.total), thresholds: falling(1, 10) },
        { title: "CPU without a node", query: afterLoss(freeCpu, largestNodeCpu), thresholds: falling(0, 1) },
        {
          title: "Memory without a node",
          query: afterLoss(freeMemory, largestNodeMemory),
          thresholds: falling(0, gibibyte),
        },
      ],
      worst: { column: "CPU free", is: "lowest" },
      thresholds: own,
      links: [intoCluster],
    }),
    table({
      title: "Requested but unused, by cluster",
      description:
        "How much do pods hold and not use, and what would it cost to buy? Money is saved once nodes go: lower requests where the table beside says, then let the autoscaler remove nodes.",
      keys: [clusterKey],
      columns: unusedBy(place),
      worst: { column: "CPU", is: "highest" },
      thresholds: neutral("some reserve is meant: how much depends on the peaks of the day"),
      links: [intoCluster],
      span: 12,
    }),
    table({
      title: "Requested but unused, by namespace",
      description:
        "Who holds the most that they do not use? The twenty largest by cores. Its owner lowers the requests of what shows as idle on the namespace's board.",
      keys: [namespaceKey, clusterKey],
      columns: [
        { title: "CPU", query: topUnused(unusedCpu(filter)) },
        { title: "Memory", query: topUnused(unusedMemory(filter)) },
        { title: "Cost a month", query: topUnused(monthly(unusedCost(filter))) },
      ],
      worst: { column: "CPU", is: "highest" },
      thresholds: neutral("some reserve is meant: how much depends on the peaks of the day"),
      links: [intoNamespace],
      span: 12,
    }),
  ];
}

/** Of the twenty namespaces that hold the most cores unused. */
function topUnused<L extends string>(query: Query<L>): Query<L> {
  const top = highest(unusedCpu(filter), 20);
  return {
    ...query,
    ...promql({ unit: query.unit, labels: query.labels })`${query} and on (${byList(["cluster", "namespace"])}) ${top}`,
    requires: query.requires,
  };
}
