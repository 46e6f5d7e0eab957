import * as z from "zod";
import { bundle } from "../bundle.ts";
import {
  type Cardinality,
  cardinalityOf,
  type LabelSaving,
  labelSavingOf,
  mostSeries,
  regexOf,
  type Saving,
  savingOf,
  selectorOf,
} from "../discover/cardinality.ts";
import { type PrometheusApi, prometheusApi } from "../discover/prometheus-api.ts";
import { telltales } from "../discover/telltales.ts";
import type { Fleet } from "../fleet/model.ts";
import { type Http, http } from "../publish/http.ts";
import { everyExpression, labelsIn, labelsShown, namesIn, queriesIn } from "../usage.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import { Misuse } from "./misuse.ts";
import type { CommonOptions, World } from "./run.ts";
import { liveGrafanas, placesOf, queryPrefix, server, withoutAddress } from "./servers.ts";
import { many } from "./summary.ts";

export interface AnalyzeOptions extends CommonOptions {
  /** Print a list of what to keep instead of one of what to drop. */
  readonly keep?: boolean;
}

/** What the stack has, who reads it, and what nobody does. */
interface Analysis {
  readonly read: {
    /** How many expressions were looked at. */
    readonly ours: number;
    readonly rules: number;
    readonly boards: number;
  };
  readonly clusters: readonly ClusterAnalysis[];
}

interface ClusterAnalysis extends Saving {
  /** Labels that nobody names; absent where the cluster has too many series to try. */
  readonly labels?: LabelSaving;
  /** For the agent's remote write. */
  readonly snippet: string;
}

/** `fleetglass analyze`: which series nobody reads, and how not to pay for them. */
export async function runAnalyze(
  { fleet: file, json = false, keep = false }: AnalyzeOptions,
  world: World,
): Promise<ExitCode> {
  const { project } = await loadProject(file);
  const { fleet } = project;
  const metrics = server(fleet.backends.metrics.title, "MIMIR", world.environment);
  if (!metrics) throw new Misuse("analyze needs MIMIR_URL in the environment, the server that holds the metrics");
  const homes = placesOf(project).grafanas;
  const grafanas = liveGrafanas(homes, world.environment);
  const apis = tenantApis(fleet, http(metrics));
  for (const { title, variable } of withoutAddress(homes, world.environment)) {
    world.tell(`${variable} is not set: boards in ${title} that are not ours are not looked at`);
  }
  const resources = bundle(project);
  const ours = everyExpression(resources);
  const [rules, boards] = await Promise.all([
    existingRules([...apis.values()]),
    Promise.all(grafanas.map((one) => existingBoards(http(one.server)))),
  ]);
  const all = [...ours, ...rules, ...boards.flatMap(({ expressions }) => expressions)];
  // By its telltales doctor knows an exporter.
  const used = new Set([...all.flatMap(namesIn), ...Object.values(telltales).flat()]);
  const named = new Set([
    ...all.flatMap(labelsIn),
    ...labelsShown(resources),
    ...boards.flatMap(({ labels }) => labels),
    ...kept,
  ]);
  const clusters = await Promise.all(
    fleet.clusters
      .filter(({ state }) => state === "active")
      .map(async ({ name, tenant }) => {
        const label = fleet.derived.includes("cluster") ? undefined : fleet.labels.cluster;
        const api = apis.get(tenant);
        if (!api) throw new Error(`tenant ${tenant} of ${name} is not among the fleet's`);
        const selector = selectorOf(name, label);
        const cardinality = await cardinalityOf(api, name, selector);
        const saving = savingOf(cardinality, used);
        const unnamed = (await api.labels(selector)).filter((one) => !named.has(one));
        const labels = saving.all > mostSeries ? undefined : await labelSavingOf(api, selector, unnamed);
        return { ...saving, ...(labels && { labels }), snippet: snippetFor(cardinality, used, keep) };
      }),
  );
  const analysis: Analysis = {
    read: { ours: ours.length, rules: rules.length, boards: boards.flatMap(({ expressions }) => expressions).length },
    clusters,
  };
  world.print(json ? JSON.stringify(analysis, null, 2) : text(analysis, keep));
  return exitCodes.done;
}

/** Labels that tell series apart, whether anyone names them or not. */
const kept: ReadonlySet<string> = new Set(["__name__", "job", "instance", "le", "quantile"]);

function tenantApis(fleet: Fleet, client: Http): ReadonlyMap<string, PrometheusApi> {
  const prefix = queryPrefix(fleet);
  const header = fleet.tenantHeader;
  return new Map(
    fleet.tenants.map(({ id }) => [
      id,
      prometheusApi(client, { prefix, headers: header === undefined ? {} : { [header]: id } }),
    ]),
  );
}

/** Of all rules that are evaluated, whoever wrote them. */
async function existingRules(apis: readonly PrometheusApi[]): Promise<string[]> {
  const rules = await Promise.all(apis.map((api) => api.rules()));
  return rules.flatMap((some) => (some ?? []).map(({ expr }) => expr));
}

const hits = z.array(z.looseObject({ uid: z.string() }));

interface Read {
  readonly expressions: readonly string[];
  readonly labels: readonly string[];
}

/** What all boards ask and show that the credential may see. */
async function existingBoards(client: Http): Promise<Read> {
  const pageSize = 500;
  const uids: string[] = [];
  for (let page = 1; ; page += 1) {
    const { text: answer } = await client({ path: "/api/search", query: { type: "dash-db", limit: pageSize, page } });
    const some = hits.parse(JSON.parse(answer));
    uids.push(...some.map(({ uid }) => uid));
    if (some.length < pageSize) break;
  }
  const expressions: string[] = [];
  const labels = new Set<string>();
  for (const uid of uids) {
    const { status, text: answer } = await client({ path: `/api/dashboards/uid/${encodeURIComponent(uid)}` });
    if (status !== 200) continue;
    const board: unknown = JSON.parse(answer);
    expressions.push(...queriesIn(board));
    for (const label of labelsShown(board)) labels.add(label);
  }
  return { expressions, labels: [...labels] };
}

/** What goes into the agent's configuration: names to drop, or names to keep. */
function snippetFor(cardinality: Cardinality, used: ReadonlySet<string>, keep: boolean): string {
  const { metrics } = savingOf(cardinality, used);
  const unused = new Set(metrics.map(({ name }) => name));
  const names = keep
    ? [...cardinality.series.keys()].filter((name) => !unused.has(name))
    : metrics.map(({ name }) => name);
  return [
    "write_relabel_configs:",
    "  - source_labels: [__name__]",
    `    regex: ${regexOf(names)}`,
    `    action: ${keep ? "keep" : "drop"}`,
  ].join("\n");
}

const shownMetrics = 8;
const shownLabels = 12;

function text({ read, clusters }: Analysis, keep: boolean): string {
  const sections = clusters.map(({ cluster, all, unused, metrics, labels, snippet }) => {
    const share = all === 0 ? 0 : Math.round((100 * unused) / all);
    const width = Math.max(0, ...metrics.slice(0, shownMetrics).map(({ name }) => name.length));
    const rest = metrics.length - shownMetrics;
    return [
      `${colours.bold(cluster)}  ${unused.toLocaleString("en")} of ${all.toLocaleString("en")} series are read by nobody (${share} %)`,
      ...metrics
        .slice(0, shownMetrics)
        .map(({ name, series }) => `  ${name.padEnd(width)}  ${series.toLocaleString("en")}`),
      ...(rest > 0 ? [colours.dim(`  … and ${many(rest, "more metric")}`)] : []),
      ...labelLines(labels),
      ...(metrics.length === 0
        ? []
        : [
            colours.dim(`  in its agent's remote write, to ${keep ? "keep" : "drop"} them:`),
            ...snippet.split("\n").map((line) => `    ${line}`),
          ]),
    ].join("\n");
  });
  const known =
    `Looked at ${many(read.ours, "expression")} of ours, ${many(read.rules, "rule")} that are evaluated, ${many(read.boards, "query")} of boards in Grafana.`.replace(
      "querys",
      "queries",
    );
  return [known, "", sections.join("\n\n")].join("\n");
}

function labelLines(labels: LabelSaving | undefined): string[] {
  if (labels === undefined) {
    return [
      colours.dim(`  labels were not tried: that is for clusters of up to ${mostSeries.toLocaleString("en")} series`),
    ];
  }
  const free = labels.free.map(({ label }) => label);
  const more = free.length - shownLabels;
  const shown = `${free.slice(0, shownLabels).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return [
    // What is unique now may not be so for good, so nobody is told to drop them blindly.
    ...(free.length === 0 ? [] : [`  labels that nobody names, and that tell no series apart now: ${shown}`]),
    ...labels.merging
      .slice(0, shownMetrics)
      .map(
        ({ label, merged }) =>
          `  label ${label}: nobody names it; ${merged.toLocaleString("en")} series fewer if it were added up before it is sent`,
      ),
  ];
}
