import type { AggregateExpr, BinaryExpr, CallExpr, SelectorExpr, SubqueryExpr } from "./promql-types.ts";
import type {
  Expression,
  Group,
  LogqlExpression,
  Position,
  PromqlExpression,
  RuleThing,
  Subject,
  Thing,
} from "./subject.ts";

export type Severity = "error" | "warning" | "info";

/** A change of the text of an expression that surely is right. */
export interface Fix {
  /** What to write, in place of the text between these offsets. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Where in the file that is. */
  readonly line?: number;
  readonly column?: number;
}

/** What a check says. */
export interface Found {
  readonly thing: Thing;
  readonly message: string;
  readonly expression?: Expression;
  /** The part of the expression that it is about. */
  readonly span?: { readonly from: number; readonly to: number };
  readonly fix?: Fix;
  /** Where this one is not as bad as the check's others. */
  readonly severity?: Severity;
  /** Where in the file, where that does not follow from the thing. */
  readonly position?: Position;
}

/** Something that is wrong in what was linted. */
export interface Finding {
  /** Id of the check: `L01`. */
  readonly check: string;
  readonly severity: Severity;
  /** The resource's id in plan and messages; of a file, its path. */
  readonly resource: string;
  /** The panel, rule, variable or annotation in it. */
  readonly where: string;
  readonly message: string;
  readonly expr?: string;
  /** The part of the expression that it is about: offsets, `to` excluded. */
  readonly from?: number;
  readonly to?: number;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly fix?: Fix;
}

export type Says = Found | readonly Found[] | undefined;
type Look<Thing> = (thing: Thing, subject: Subject) => Says;
type LookAtPart<Part> = (part: Part, expression: PromqlExpression, subject: Subject) => Says;
/** Only at parts of these names: functions, aggregations, operators. */
export interface LookAtNamed<Part> {
  readonly of: ReadonlySet<string>;
  readonly look: LookAtPart<Part>;
}

/**
 * Finds one kind of mistake. It never throws and never prints. Its page is `docs/checks/<id>.md`.
 *
 * A check says what it looks at: each alert, or each call in every expression. One walk over all there is serves
 * every check.
 */
export interface Check {
  readonly id: string;
  /** Why the mistake hurts, in a sentence. */
  readonly about: string;
  readonly severity: Severity;
  /** Looks at everything at once: what compares, and what is rare. */
  readonly run?: (subject: Subject) => Iterable<Found>;
  readonly group?: Look<Group>;
  readonly rule?: Look<RuleThing>;
  readonly alert?: Look<RuleThing>;
  readonly record?: Look<RuleThing>;
  /** In any language, also those that can't be parsed. */
  readonly expression?: Look<Expression>;
  /** In PromQL, those that can be parsed. */
  readonly promql?: Look<PromqlExpression>;
  /** In LogQL, those that can be parsed and give numbers. */
  readonly logql?: Look<LogqlExpression>;
  /** Do aggregations and operators of LogQL mean the same to it? Else it looks at PromQL's only. */
  readonly alsoLogql?: true;
  // Parts of such an expression, the outermost first.
  readonly selector?: LookAtPart<SelectorExpr>;
  readonly subquery?: LookAtPart<SubqueryExpr>;
  readonly call?: LookAtNamed<CallExpr>;
  readonly aggregate?: LookAtPart<AggregateExpr> | LookAtNamed<AggregateExpr>;
  readonly binary?: LookAtPart<BinaryExpr> | LookAtNamed<BinaryExpr>;
}

/** A finding about a part of an expression. */
export function inExpression(
  expression: Expression,
  message: string,
  span?: { readonly from: number; readonly to: number },
  fix?: Fix,
): Found {
  return {
    thing: expression,
    message,
    expression,
    ...(span && { span: { from: span.from, to: span.to } }),
    ...(fix && { fix }),
  };
}
