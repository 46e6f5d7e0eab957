import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  type DashboardLink,
  DashboardLinkBuilder,
  type Panel as Model,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ThresholdsConfig,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import { hole } from "../labels.ts";
import type { Query } from "../queries/query.ts";
import { target } from "./target.ts";
import { grafanaUnit } from "./unit.ts";

/** A panel that can be asked what it reads before it is drawn. */
export interface Panel {
  readonly title: string;
  readonly queries: readonly Query[];
  /** What it asks, where that is not metrics; left out where the fleet has no such backend. */
  readonly reads?: "logs" | "traces";
  /** Of the 24 columns. */
  readonly span: number;
  readonly height: number;
  /** SDK builders are mutable, so a panel is made anew for each board, with the queries that its fleet can answer. */
  readonly build: (answers: Answers) => Builder<Model>;
}

/** Does the fleet at hand have what a query reads? What it does not have is not drawn. */
export type Answers = (query: Query) => boolean;

/** What every panel says. Everything else is house style. */
export interface PanelOptions {
  readonly title: string;
  /** The question that this panel answers, in one or two sentences, and what to do about a bad answer. */
  readonly description: string;
  readonly span?: number;
  readonly height?: number;
  readonly thresholds: Thresholds;
  /** What an empty answer means, where it is a good one: "All targets answer". Without it Grafana says "No data". */
  readonly whenEmpty?: string;
  /** Where a click leads. */
  readonly links?: readonly Link[];
}

export interface Link {
  readonly title: string;
  readonly url: string;
}

export interface Thresholds {
  readonly steps: readonly Threshold[];
  /** Why there are none, where there are none. */
  readonly because?: string;
}

/** More is worse: amber from the first value on, red from the second. */
export function rising(amber: number, red: number): Thresholds {
  return { steps: steps("green", [amber, "yellow"], [red, "red"]) };
}

/** Less is worse: red below the first value, amber below the second. */
export function falling(red: number, amber: number): Thresholds {
  return { steps: steps("red", [red, "yellow"], [amber, "green"]) };
}

/** There should be none: red from the value on. */
export function alarming(red: number): Thresholds {
  return { steps: steps("green", [red, "red"]) };
}

/** No value of this is better than another one. */
export function neutral(because: string): Thresholds {
  return { steps: steps("text"), because };
}

/** The colours of a health status, see the rule that records it. */
export const statusThresholds: Thresholds = { steps: steps("text", [0, "green"], [1, "yellow"], [2, "red"]) };

function steps(first: string, ...rest: readonly (readonly [number, string])[]): Threshold[] {
  // Grafana wants null for "from minus infinity"; the SDK's type has no null, its JSON does.
  return [{ value: null, color: first }, ...rest.map(([value, color]) => ({ value, color }))];
}

export function thresholdsOf({ steps: list }: Thresholds): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...list]);
}

/** What the SDK's panel builders have in common, which their types do not say. */
interface House {
  title(title: string): this;
  description(description: string): this;
  datasource(source: DataSourceRef): this;
  targets(targets: Builder<{ _implementsDataqueryVariant(): void }>[]): this;
  thresholds(thresholds: Builder<ThresholdsConfig>): this;
  unit(unit: string): this;
  noValue(text: string): this;
  dataLinks(links: Builder<DashboardLink>[]): this;
}

/** Gives any panel the house style: question, source, targets, unit of the first query, thresholds, links. */
export function housed<B extends House>(builder: B, options: PanelOptions, queries: readonly Query[]): B {
  const first = queries[0];
  const dressed = builder
    .title(options.title)
    .description(options.description)
    .datasource(metricsSource)
    .targets(queries.map((query, at) => target(query, { refId: refId(at) })))
    .thresholds(thresholdsOf(options.thresholds))
    .dataLinks((options.links ?? []).map(({ title, url }) => new DashboardLinkBuilder(title).url(url)));
  const { whenEmpty } = options;
  const said = whenEmpty === undefined ? dressed : dressed.noValue(whenEmpty);
  return first ? said.unit(grafanaUnit(first.unit)) : said;
}

/** The data source of the board's view. */
export const metricsSource: DataSourceRef = { type: "prometheus", uid: hole("source:metrics") };

/** A, B, … Z, AA: what a target is called in its panel. */
export function refId(at: number): string {
  const letter = String.fromCodePoint(65 + (at % 26));
  return at < 26 ? letter : refId(Math.floor(at / 26) - 1) + letter;
}
