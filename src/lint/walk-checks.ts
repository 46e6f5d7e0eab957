import type { Check, Found } from "./check.ts";
import type { Expr } from "./promql-types.ts";
import type { Expression, PromqlExpression, Subject } from "./subject.ts";
import { partsOf } from "./walk.ts";

/** What each of the checks says, in their order. */
export function runChecks(checks: readonly Check[], subject: Subject): Found[][] {
  return new Walk(checks, subject).run();
}

type Hook = Exclude<keyof Check, "id" | "about" | "severity" | "run">;
type Of<Key extends Hook> = { readonly at: number; readonly look: NonNullable<Check[Key]> }[];

/** One walk over everything, with all checks at each thing: what a thing is made of is then still at hand. */
class Walk {
  private readonly found: Found[][];
  private readonly checks: readonly Check[];
  private readonly subject: Subject;
  private readonly groups: Of<"group">;
  private readonly rules: Of<"rule">;
  private readonly alerts: Of<"alert">;
  private readonly records: Of<"record">;
  private readonly expressions: Of<"expression">;
  private readonly promql: Of<"promql">;
  private readonly selectors: Of<"selector">;
  private readonly subqueries: Of<"subquery">;
  private readonly calls: Of<"call">;
  private readonly aggregates: Of<"aggregate">;
  private readonly binaries: Of<"binary">;

  constructor(checks: readonly Check[], subject: Subject) {
    this.checks = checks;
    this.subject = subject;
    this.found = checks.map(() => []);
    this.groups = this.hooks("group");
    this.rules = this.hooks("rule");
    this.alerts = this.hooks("alert");
    this.records = this.hooks("record");
    this.expressions = this.hooks("expression");
    this.promql = this.hooks("promql");
    this.selectors = this.hooks("selector");
    this.subqueries = this.hooks("subquery");
    this.calls = this.hooks("call");
    this.aggregates = this.hooks("aggregate");
    this.binaries = this.hooks("binary");
  }

  run(): Found[][] {
    const { subject } = this;
    this.checks.forEach(({ run }, at) => this.say(at, run?.(subject)));
    for (const group of subject.groups) {
      for (const { at, look } of this.groups) this.say(at, look(group, subject));
    }
    for (const expression of subject.expressions) {
      this.rule(expression);
      for (const { at, look } of this.expressions) this.say(at, look(expression, subject));
      if (isPromql(expression)) this.parts(expression);
    }
    return this.found;
  }

  private hooks<Key extends Hook>(key: Key): Of<Key> {
    return this.checks.flatMap((check, at) => {
      const look = check[key];
      return look ? [{ at, look }] : [];
    });
  }

  private say(at: number, said: Found | Iterable<Found> | undefined): void {
    if (said === undefined) return;
    if ("thing" in said) this.found[at]?.push(said);
    else for (const one of said) this.found[at]?.push(one);
  }

  private rule({ rule }: Expression): void {
    if (!rule) return;
    const { subject } = this;
    for (const { at, look } of this.rules) this.say(at, look(rule, subject));
    for (const { at, look } of rule.kind === "alert" ? this.alerts : this.records) this.say(at, look(rule, subject));
  }

  private parts(expression: PromqlExpression): void {
    const { subject } = this;
    for (const { at, look } of this.promql) this.say(at, look(expression, subject));
    // Not recursive: a chain of operators may be long.
    const open: Expr[] = [expression.tree];
    for (let part = open.pop(); part; part = open.pop()) {
      this.part(part, expression);
      const inner = partsOf(part);
      for (let at = inner.length - 1; at >= 0; at--) open.push(inner[at] as Expr);
    }
  }

  private part(part: Expr, expression: PromqlExpression): void {
    const { subject } = this;
    switch (part.kind) {
      case "selector":
        for (const { at, look } of this.selectors) this.say(at, look(part, expression, subject));
        break;
      case "subquery":
        for (const { at, look } of this.subqueries) this.say(at, look(part, expression, subject));
        break;
      case "call":
        for (const { at, look } of this.calls) this.say(at, look(part, expression, subject));
        break;
      case "aggregate":
        for (const { at, look } of this.aggregates) this.say(at, look(part, expression, subject));
        break;
      case "binary":
        for (const { at, look } of this.binaries) this.say(at, look(part, expression, subject));
        break;
      default:
    }
  }
}

function isPromql(expression: Expression): expression is PromqlExpression {
  return expression.tree !== undefined;
}
