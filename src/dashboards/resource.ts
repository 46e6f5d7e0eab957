import type { Allow } from "../allow.ts";
import type { View } from "../datasources/views.ts";
import { boardUid } from "./board.ts";

/**
 * A board in Grafana's newer model, version 2, which has tabs, grids that lay themselves out, and rules for what is shown. As
 * Grafana 13 exports it ("V2 Resource"), or as a manifest around what `@grafana/grafana-foundation-sdk/dashboardv2` builds.
 * It is drawn in each view like any other board: holes are filled, and what asks Prometheus, Loki or Tempo asks the view's
 * source. Grafana takes it from 12.2 on.
 */
export interface BoardResource {
  /** `dashboard.grafana.app/v2`, or `…/v2beta1`. */
  readonly apiVersion: string;
  /** `Dashboard` */
  readonly kind: string;
  /** The name is the board's uid; what a server adds is left out. */
  readonly metadata: { readonly name: string };
  /** `title`, `elements`, `layout`, and all else that the model has. */
  readonly spec: object;
  /** Findings of the linter that are accepted, by the title of the panel. They are not published. */
  readonly allow?: readonly (Allow & { readonly where: string })[];
}

type Json = Readonly<Record<string, unknown>>;

const group = "dashboard.grafana.app/";

export function isBoardResource(board: object): board is BoardResource {
  return "apiVersion" in board && typeof board.apiVersion === "string" && board.apiVersion.startsWith(group);
}

/** The model's version: `v2`. */
function modelOf({ apiVersion }: Pick<BoardResource, "apiVersion">): string {
  return apiVersion.slice(group.length);
}

/** @throws {Error} naming the board and the mend, where it is none that could be published. */
export function checkedResource(board: BoardResource): BoardResource {
  const { kind, metadata, spec } = board as { readonly [Key in keyof BoardResource]: unknown };
  const name = recordOf(metadata)["name"];
  const { title, elements, layout } = recordOf(spec);
  const refuse = (what: string): Error => new Error(`board ${typeof name === "string" ? name : String(title)} ${what}`);
  const model = modelOf(board);
  if (model.startsWith("v0") || model.startsWith("v1")) {
    throw refuse(`is a classic board (${model}): bring it in with fleetglass pull --file`);
  }
  if (model !== "v2" && model !== "v2beta1") {
    throw refuse(`is in the model ${model}: save it in a Grafana 13, and export it there as V2 Resource`);
  }
  if (kind !== "Dashboard") throw refuse(`is of the kind ${String(kind)}: it must be Dashboard`);
  if (typeof name !== "string" || !/^[\w-]{1,40}$/u.test(name)) {
    throw refuse("needs metadata.name, its uid: up to 40 letters, digits, dashes and underscores");
  }
  if (typeof title !== "string" || title === "") throw refuse("needs spec.title");
  if (!isRecord(elements) || !isRecord(layout)) {
    throw refuse("needs spec.elements and spec.layout, as every board of the model v2 has");
  }
  return board;
}

/** What Grafana fills in of a board, and what it takes a missing switch for is not what the editor does: so it is said. */
const complete = {
  annotations: [],
  cursorSync: "Off",
  links: [],
  preload: false,
  variables: [],
} as const;
const completeTime = {
  from: "now-6h",
  to: "now",
  autoRefresh: "",
  autoRefreshIntervals: ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"],
  hideTimepicker: false,
  fiscalYearStartMonth: 0,
} as const;

/** With all that Grafana needs or would take for something else. */
export function completed(board: BoardResource): BoardResource {
  const spec = { ...complete, ...board.spec } as Json;
  const timeSettings = { ...completeTime, ...recordOf(spec["timeSettings"]) };
  return {
    apiVersion: board.apiVersion,
    kind: "Dashboard",
    metadata: { name: board.metadata.name },
    spec: withKinds({ ...spec, timeSettings }, withCustomValues),
  };
}

/** A board of the model 2 in a view: under the uid and title that all boards have there, reading the view's sources. */
export function resourceIn(board: BoardResource, view: View): BoardResource {
  const isWidest = view.audience === "sre";
  const { spec: whole, ...others } = completed(board);
  const spec = whole as Json;
  const { title, tags } = spec;
  const chosen = sourceVariables(spec, view);
  const variables = listOf(spec["variables"]).filter((variable) => !chosen.has(nameOf(variable)));
  const read = withKinds({ ...spec, variables }, (part) =>
    asks.has(part["kind"]) ? { ...part, ...sourceOf(part, view) } : pinned(part, view),
  );
  return {
    ...others,
    metadata: { name: boardUid(board.metadata.name, view) },
    spec: {
      ...read,
      title: isWidest ? title : `${String(title)} (${view.title})`,
      tags: [
        ...new Set(["fleetglass", ...(Array.isArray(tags) ? tags.map(String) : []), ...(isWidest ? [] : [view.id])]),
      ],
    },
  };
}

const kindsOfSource = { prometheus: "metrics", loki: "logs", tempo: "traces" } as const;

function sourceOf({ group: kind }: Json, { sources }: View): { readonly datasource?: object } {
  const signal = kindsOfSource[kind as keyof typeof kindsOfSource];
  const name = signal && sources[signal];
  return name === undefined ? {} : { datasource: { name } };
}

/** Where the reader could choose a source, there is the view's own, and nothing to choose. */
function sourceVariables(spec: Json, { sources }: View): ReadonlySet<string> {
  const ofView = (plugin: unknown): boolean => {
    const signal = kindsOfSource[plugin as keyof typeof kindsOfSource];
    return signal !== undefined && sources[signal] !== undefined;
  };
  return new Set(
    listOf(spec["variables"])
      .filter(({ kind, spec: own }) => kind === "DatasourceVariable" && ofView(recordOf(own)["pluginId"]))
      .map(nameOf),
  );
}

function nameOf({ spec }: Json): string {
  return String(recordOf(spec)["name"]);
}

/** Two environments may share a tenant, so "all" of an environment's own view is that environment. */
function pinned(variable: Json, { audience, environments }: View): Json {
  const spec = recordOf(variable["spec"]);
  const isOwn = variable["kind"] === "QueryVariable" && spec["name"] === "environment" && spec["includeAll"] === true;
  if (audience === "sre" || !isOwn) return variable;
  return { ...variable, spec: { ...spec, allValue: environments.join("|") } };
}

/** Where nothing is said the model says "true", and Grafana "false". */
function withCustomValues(part: Json): Json {
  if (!offered.has(part["kind"])) return part;
  return { ...part, spec: { allowCustomValue: true, ...recordOf(part["spec"]) } };
}

const offered: ReadonlySet<unknown> = new Set(["QueryVariable", "CustomVariable", "DatasourceVariable"]);
const asks: ReadonlySet<unknown> = new Set(["DataQuery", "AdhocVariable", "GroupByVariable"]);

/** The same, with every query in it replaced. */
export function withQueries<T>(value: T, replaced: (query: Json) => Json): T {
  return withKinds(value, (part) => (part["kind"] === "DataQuery" ? replaced(part) : part));
}

/** The same, with each part of it that says its kind replaced, the inner ones first. */
export function withKinds<T>(value: T, replaced: (part: Json) => Json): T {
  const visit = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(visit);
    if (!isRecord(item)) return item;
    const own = Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, visit(inner)]));
    return typeof own["kind"] === "string" ? replaced(own) : own;
  };
  return visit(value) as T;
}

/** Its panels, in no order: what is where the layout says. */
export function panelsIn({ spec }: Pick<BoardResource, "spec">): { readonly title: string; readonly text: string }[] {
  return Object.values(recordOf((spec as Json)["elements"])).map((element) => {
    const { title } = recordOf(recordOf(element)["spec"]);
    return { title: typeof title === "string" ? title : "", text: JSON.stringify(element) };
  });
}

export function variablesIn({ spec }: Pick<BoardResource, "spec">): string[] {
  return listOf((spec as Json)["variables"]).map(nameOf);
}

export function tagsIn({ spec }: Pick<BoardResource, "spec">): readonly string[] {
  const { tags } = spec as Json;
  return Array.isArray(tags) ? tags.map(String) : [];
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function recordOf(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}
