import {
  type Panel as Model,
  type Dashboard as DashboardModel,
  DashboardBuilder,
  DashboardCursorSync,
  AnnotationQueryBuilder,
  ConstantVariableBuilder,
  CustomVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
  DashboardLinkBuilder,
  DashboardLinkType,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import type { Allow } from "../allow.ts";
import type { View } from "../datasources/views.ts";
import type { Fleet } from "../fleet/model.ts";
import { hole, labelName, placeRoles } from "../labels.ts";
import { type Answers, metricsSource, type Panel } from "../panels/panel.ts";
import { isAnswered, promql, type Query, select } from "../queries/query.ts";
import { inventory } from "../recording/inventory.ts";
import { rollouts } from "../recording/resources.ts";
import { filter } from "./filter.ts";

/** A board as its author writes it: the question, and rows of panels. Everything else is house style. */
export interface Board {
  /** Unique among boards; a view other than the SREs' puts its own id before it. */
  readonly uid: string;
  readonly title: string;
  /** The question that the board answers. */
  readonly description: string;
  readonly tags: readonly string[];
  /** Findings of the linter that are accepted, by the title of the panel. */
  readonly allow?: readonly (Allow & { readonly where: string })[];
  /** What a reader can choose besides place and time. */
  readonly variables?: (context: BoardContext) => readonly BoardVariable[];
  readonly rows: (context: BoardContext) => readonly Row[];
}

/** A choice of the reader: among the values of a label, or among given ones of which it is one at a time. */
export type BoardVariable = LabelVariable | ChoiceVariable;

export interface LabelVariable {
  /** What queries write: `$service`. */
  readonly name: string;
  readonly title: string;
  /** The label whose values are offered, and the series that have it: few ones, best of all a recorded series. */
  readonly label: string;
  readonly of: Query;
  /** Panels that name it are drawn, of everything, also where nothing tells its values: logs have them. */
  readonly optional?: boolean;
}

export interface ChoiceVariable {
  readonly name: string;
  readonly title: string;
  readonly choices: readonly string[];
  readonly initially: string;
}

export interface BoardContext {
  readonly fleet: Fleet;
  readonly view: View;
  /** Which questions can be put; absent where all can. */
  readonly asks?: (query: Query) => boolean;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export function row(title: string, panels: readonly Panel[]): Row {
  return { title, panels };
}

/** The uid of a board in a view: the brief's names for the SREs, `dev-…` for the people of dev. */
export function boardUid(uid: string, view: Pick<View, "id" | "audience">): string {
  return view.audience === "sre" ? uid : `${view.id}-${uid}`;
}

/**
 * Builds a board for a view, with holes where only the fleet knows the name.
 * @throws {Error} where two panels have one title: their ids, and so links to them, would be the same.
 */
export function buildBoard(board: Board, context: BoardContext): DashboardModel {
  const { view } = context;
  const builder = new DashboardBuilder(view.audience === "sre" ? board.title : `${board.title} (${view.title})`)
    .uid(boardUid(board.uid, view))
    .description(board.description)
    .tags(["fleetglass", ...board.tags, ...(view.audience === "sre" ? [] : [view.id])])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-6h", to: "now" })
    .refresh("1m")
    .timezone("browser")
    .link(
      new DashboardLinkBuilder("Boards")
        .type(DashboardLinkType.Dashboards)
        .tags(["fleetglass", ...(view.audience === "sre" ? [] : [view.id])])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
  if (answersIn(context)(select(rollouts))) builder.annotation(rolloutAnnotation());
  for (const { title, url } of [...context.fleet.links, explore]) {
    builder.link(
      new DashboardLinkBuilder(title)
        .type(DashboardLinkType.Link)
        .url(url)
        .includeVars(url !== explore.url)
        .keepTime(url !== explore.url),
    );
  }
  for (const role of placeRoles) builder.withVariable(placeVariable(role, view));
  for (const own of board.variables?.(context) ?? []) {
    if ("choices" in own) builder.withVariable(choiceVariable(own));
    else builder.withVariable(answersIn(context)(own.of) ? labelVariable(own) : everyValue(own));
  }
  const { links = [], annotations, ...model } = builder.build();
  return {
    ...model,
    links: links.map(inSight),
    annotations: { ...annotations, list: (annotations.list ?? []).map(inSight) },
    panels: laidOut(board, context),
  };
}

/** Grafana's Explore, on the board's own source and time. Its address is Grafana's since version 10. */
const explore = {
  title: "Explore",
  url: `/explore?schemaVersion=1&panes=${inAddress({
    board: {
      datasource: metricsSource.uid,
      queries: [{ refId: "A", datasource: metricsSource }],
      range: { from: "${__from}", to: "${__to}" },
    },
  })}`,
};

/** As a part of an address; variables and holes stay, for those who fill them. */
function inAddress(value: unknown): string {
  const parts = JSON.stringify(value).split(/(\$\{\w+\}|⟦[^⟧]*⟧)/u);
  return parts.map((part, at) => (at % 2 === 0 ? encodeURIComponent(part) : part)).join("");
}

/** The SDK would put links and annotations into a menu, where nobody finds them. */
function inSight<T extends object>(control: T): T {
  return Object.fromEntries(Object.entries(control).filter(([key]) => key !== "placement")) as T;
}

const titles = { cluster: "Cluster", environment: "Environment", region: "Region" } as const;

/** A filter whose values come from the inventory: three series a cluster at most, and silent clusters are among them. */
function placeVariable(role: (typeof placeRoles)[number], view: View): QueryVariableBuilder {
  const own = view.environments.join("|");
  const above = {
    environment: view.audience === "sre" ? {} : { environment: { matches: own } },
    region: { environment: { matches: "$environment" } },
    cluster: { environment: { matches: "$environment" }, region: { matches: "$region" } },
  } as const;
  return (
    new QueryVariableBuilder(role)
      .label(titles[role])
      .datasource(metricsSource)
      .query({
        qryType: 1,
        query: `label_values(${select(inventory, above[role]).expr}, ${hole(role)})`,
        refId: `variable-${role}`,
      })
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      // Also a series without the label passes: an alert about the whole fleet has no cluster. Two environments may share a
      // tenant, so "all" of an environment's own view is that environment.
      .allValue(role === "environment" && view.audience === "environment" ? own : ".*")
      .current({ selected: true, text: ["All"], value: ["$__all"] })
  );
}

function labelVariable({ name, title, label, of }: LabelVariable): QueryVariableBuilder {
  return (
    new QueryVariableBuilder(name)
      .label(title)
      .datasource(metricsSource)
      .query({ qryType: 1, query: `label_values(${of.expr}, ${labelName(label)})`, refId: `variable-${name}` })
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      // Not ".*": what has no such label is not one of them.
      .allValue(".+")
      .current({ selected: true, text: ["All"], value: ["$__all"] })
  );
}

/** Nothing here has the label, so that there is no choice; logs that are filtered by it show what there is. */
function everyValue({ name }: LabelVariable): ConstantVariableBuilder {
  return new ConstantVariableBuilder(name).value(".*");
}

function choiceVariable({ name, title, choices, initially }: ChoiceVariable): CustomVariableBuilder {
  return new CustomVariableBuilder(name)
    .label(title)
    .values(choices.join(","))
    .current({ selected: true, text: initially, value: initially });
}

/** What changed? Marks new rollouts on every graph, the first thing to suspect. */
function rolloutAnnotation(): AnnotationQueryBuilder {
  const begun = select(rollouts, filter);
  // Only where they began: where something is always rolled out, all of time would be marked.
  const started = promql({ unit: "none", labels: rollouts.labels })`(${begun} > 0) unless (${begun} offset 1m > 0)`;
  return new AnnotationQueryBuilder()
    .name("Rollouts")
    .datasource(metricsSource)
    .enable(true)
    .iconColor("purple")
    .target(new DataqueryBuilder().refId("rollouts").expr(started.expr).interval("1m"))
    .titleFormat(`Rollout in {{${hole("cluster")}}}`)
    .textFormat("{{namespace}}")
    .tagKeys(`${hole("cluster")},namespace`);
}

const columns = 24;

/** Panels from left to right, a new line where one does not fit; rows without a panel that the fleet can fill vanish. */
function laidOut(board: Board, { view, ...context }: BoardContext): NonNullable<DashboardModel["panels"]> {
  const answers = answersIn({ view, ...context });
  const absent = (board.variables?.({ view, ...context }) ?? []).flatMap((one) =>
    "choices" in one || one.optional === true || answers(one.of) ? [] : [one.name],
  );
  // Nothing can be chosen by a variable that is not there.
  const asksAbsent = ({ expr }: Query): boolean =>
    absent.some((name) => new RegExp(String.raw`\$\{?${name}\b`, "u").test(expr));
  const ids = new Map<number, string>();
  const placed: NonNullable<DashboardModel["panels"]> = [];
  let y = 0;
  for (const { title, panels } of board.rows({ view, ...context })) {
    const drawn = panels.filter(
      ({ queries, reads }) =>
        view.sources[reads ?? "metrics"] !== undefined &&
        (queries.length === 0 || queries.some(answers)) &&
        !queries.some(asksAbsent),
    );
    if (drawn.length === 0) continue;
    placed.push({
      type: "row",
      collapsed: false,
      title,
      id: idOf(`row ${title}`, board, ids),
      gridPos: { h: 1, w: columns, x: 0, y },
      panels: [],
    });
    y += 1;
    for (const line of inLines(drawn)) {
      // As high as the highest: a gap below a panel looks as if one were missing.
      const height = Math.max(...line.map((panel) => panel.height));
      let x = 0;
      for (const panel of line) {
        const model: Model = panel.build(answers).build();
        placed.push({ ...model, id: idOf(panel.title, board, ids), gridPos: { h: height, w: panel.span, x, y } });
        x += panel.span;
      }
      y += height;
    }
  }
  return placed;
}

/** Panels side by side, as many as fit. */
function inLines(panels: readonly Panel[]): Panel[][] {
  const lines: Panel[][] = [];
  let left = 0;
  for (const panel of panels) {
    if (panel.span > left) {
      lines.push([]);
      left = columns;
    }
    lines.at(-1)?.push(panel);
    left -= panel.span;
  }
  return lines;
}

/** Does any cluster of the view have what a query reads, and can that be asked? */
function answersIn({ view: { clusters }, asks = () => true }: BoardContext): Answers {
  const running = new Set(clusters.flatMap(({ jobs }) => Object.keys(jobs)));
  return (query) => isAnswered(query, running) && asks(query);
}

/** An id that follows from the title (FNV-1a), so that a link to a panel survives its neighbours' coming and going. */
function idOf(title: string, board: Board, taken: Map<number, string>): number {
  let hash = 0x811c9dc5;
  for (const char of title) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  const id = (hash % 999_999) + 1;
  const twin = taken.get(id);
  if (twin !== undefined) {
    throw new Error(
      `board ${board.uid}: the panels "${twin}" and "${title}" would share an id: give one another title`,
    );
  }
  taken.set(id, title);
  return id;
}
