import type { Allow } from "../bundle.ts";
import type { Metric } from "../metrics/index.ts";
import type { Logql } from "./logql.ts";
import type { Expr, Promql } from "./promql-types.ts";
import type { Traceql } from "./traceql.ts";

export type { Allow } from "../bundle.ts";

/** The way to a value inside a document: `["groups", 0, "rules", 2, "expr"]`. */
export type Path = readonly (string | number)[];

/** Lines and columns count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A file that was read. */
export interface Document {
  readonly file: string;
  /** Where the value at a path begins, or the character at an offset into a text. */
  readonly locate: (path: Path, offset?: number) => Position | undefined;
  /** Where the character at an offset into a text is written; undefined where that is elsewhere, as of an alias. */
  readonly exact: (path: Path, offset: number) => Position | undefined;
}

/** Anything that a finding can be about. */
export interface Thing {
  /** The resource's id in plan and messages; of a file, its path. */
  readonly resource: string;
  /** The panel, rule, variable or annotation in it. */
  readonly where: string;
  readonly document?: Document | undefined;
  readonly path: Path;
  readonly allow: readonly Allow[];
  /** What holds it: what is allowed there is allowed here. */
  readonly within?: Thing | undefined;
}

export interface Group extends Thing {
  readonly name: string;
  readonly interval?: string | undefined;
  readonly sourceTenants?: readonly string[] | undefined;
  /** Whose ruler evaluates it, where that is known. */
  readonly tenant?: string | undefined;
  readonly language: "promql" | "logql";
  readonly rules: readonly RuleThing[];
}

export interface RuleThing extends Thing {
  readonly kind: "record" | "alert";
  readonly name: string;
  readonly for?: string | undefined;
  readonly keepFiringFor?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly expression: Expression;
  readonly group: Group;
}

export interface Board extends Thing {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly variables: readonly Variable[];
  /** Of its variables and annotations. */
  readonly others: readonly Expression[];
  /** Every text in it, variables' own definitions left out: what could name a variable. */
  readonly texts: readonly string[];
  /** Where links in it lead. */
  readonly links: readonly (Thing & { readonly url: string })[];
}

export interface Panel extends Thing {
  readonly id?: number;
  readonly title: string;
  readonly description: string;
  readonly type: string;
  readonly unit?: string;
  readonly drawsNumbers: boolean;
  readonly source?: SourceRef;
  readonly targets: readonly Expression[];
  readonly board: Board;
}

export interface SourceRef {
  readonly type?: string;
  readonly uid?: string;
}

export interface Variable extends Thing {
  readonly name: string;
  readonly type: string;
  /** Can it stand for several values at once? */
  readonly multi: boolean;
  /** What it asks the data source. */
  readonly query: string;
}

export interface DataSourceThing extends Thing {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  /** The tenants that it reads, where it names any. */
  readonly tenants?: readonly string[];
}

/** One query or rule expression, and who holds it. */
export interface Expression extends Thing {
  readonly language: "promql" | "logql" | "traceql";
  readonly text: string;
  readonly promql?: Promql | undefined;
  readonly logql?: Logql | undefined;
  readonly traceql?: Traceql | undefined;
  readonly tree?: Expr | undefined;
  /** Does Grafana fill in variables? */
  readonly dashboard: boolean;
  readonly instant?: boolean | undefined;
  readonly rule?: RuleThing | undefined;
  readonly panel?: Panel | undefined;
  readonly board?: Board | undefined;
  readonly source?: SourceRef | undefined;
}

/** An Alertmanager configuration, as it is written. */
export interface Routing extends Thing {
  readonly config: Readonly<Record<string, unknown>>;
}

/** A file that can't be read, or a thing in it that makes no sense. */
export interface Broken extends Thing {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** What the checks may take for granted. */
export interface Setting {
  /** How the labels of the place are called. */
  readonly labels: { readonly cluster: string; readonly environment: string; readonly region: string };
  /** Do series of several clusters meet? If not, nothing needs to keep them apart. */
  readonly manyClusters: boolean;
  /** Was it generated from a fleet? Then names come from the catalogue, and regexes from the fleet. */
  readonly generated: boolean;
  readonly metric: (name: string) => Facts | undefined;
  /** Does the catalogue know every metric there is? */
  readonly complete: boolean;
  readonly names: readonly string[];
  /** Seconds between two scrapes, the longest of the fleet. */
  readonly scrapeInterval: number;
  /** Seconds for which the servers keep metrics, where that is known. */
  readonly retention?: number;
}

/** What a check may know of a metric. */
export interface Facts extends Pick<Metric, "type" | "labels"> {
  readonly measure: string;
  /** Is the list of labels complete? That of the user's own scrape is not: the scrape adds its own. */
  readonly source: string;
  readonly native?: boolean;
}

/** What a check looks at: everything at once, so that it can compare. */
export interface Subject {
  readonly setting: Setting;
  readonly groups: readonly Group[];
  readonly rules: readonly RuleThing[];
  readonly boards: readonly Board[];
  readonly dataSources: readonly DataSourceThing[];
  readonly routings: readonly Routing[];
  readonly broken: readonly Broken[];
  readonly expressions: readonly Expression[];
  /** The rules that record a name. */
  readonly recorded: ReadonlyMap<string, readonly RuleThing[]>;
  /** Which labels a result can have. */
  readonly labelsOf: (expr: Expr) => Labels;
}

/** A PromQL expression that could be parsed. */
export type PromqlExpression = Expression & { readonly tree: Expr; readonly promql: Promql };

/**
 * Which labels the series of a result can have: only these, or all but these. `pinned` are labels of which
 * the series that were selected surely have one value, also where the result has lost them.
 */
export interface Labels {
  readonly only: boolean;
  readonly names: readonly string[];
  readonly pinned: readonly Pinned[];
}

export interface Pinned {
  readonly label: string;
  readonly value: string;
}

/** A LogQL expression that gives numbers, which `tree` says how. */
export type LogqlExpression = Expression & { readonly tree: Expr; readonly logql: Logql };
