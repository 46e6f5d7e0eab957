import type { Check, Found } from "./check.ts";
import type { Expr } from "./promql-types.ts";
import type { Expression, PromqlExpression, Subject } from "./subject.ts";
import { everyPart } from "./walk.ts";

/** What each of the checks says, in their order. */
export function runChecks(checks: readonly Check[], subject: Subject): Found[][] {
  return new Walk(checks, subject).run();
}

type Said = Found | Iterable<Found> | undefined;
type Hook = Exclude<keyof Check, "id" | "about" | "severity" | "run">;
type Of<Key extends Hook> = { readonly at: number; readonly look: NonNullable<Check[Key]> }[];
type OfPart = {
  readonly at: number;
  readonly look: (part: Expr, expression: PromqlExpression, subject: Subject) => Said;
};

/** Parts of an expression that checks look at: their hooks are called like them. */
const partKinds = ["selector", "subquery", "call", "aggregate", "binary"] as const satisfies readonly (Hook &
  Expr["kind"])[];

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
  private readonly parts: ReadonlyMap<Expr["kind"], readonly OfPart[]>;

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
    // A hook is given parts of its own kind only.
    this.parts = new Map(partKinds.map((kind) => [kind, this.hooks(kind) as unknown as OfPart[]]));
  }

  run(): Found[][] {
    const { subject } = this;
    this.checks.forEach(({ run }, at) => this.say(at, run?.(subject)));
    for (const group of subject.groups) {
      for (const { at, look } of this.groups) this.say(at, look(group, subject));
    }
    for (const expression of subject.expressions) {
      this.lookAtRule(expression);
      for (const { at, look } of this.expressions) this.say(at, look(expression, subject));
      if (isPromql(expression)) this.lookAtParts(expression);
    }
    return this.found;
  }

  private hooks<Key extends Hook>(key: Key): Of<Key> {
    return this.checks.flatMap((check, at) => {
      const look = check[key];
      return look ? [{ at, look }] : [];
    });
  }

  private say(at: number, said: Said): void {
    if (said === undefined) return;
    if ("thing" in said) this.found[at]?.push(said);
    else for (const one of said) this.found[at]?.push(one);
  }

  private lookAtRule({ rule }: Expression): void {
    if (!rule) return;
    const { subject } = this;
    for (const { at, look } of this.rules) this.say(at, look(rule, subject));
    for (const { at, look } of rule.kind === "alert" ? this.alerts : this.records) this.say(at, look(rule, subject));
  }

  private lookAtParts(expression: PromqlExpression): void {
    const { subject } = this;
    for (const { at, look } of this.promql) this.say(at, look(expression, subject));
    for (const part of everyPart(expression.tree)) {
      for (const { at, look } of this.parts.get(part.kind) ?? none) this.say(at, look(part, expression, subject));
    }
  }
}

const none: readonly OfPart[] = [];

function isPromql(expression: Expression): expression is PromqlExpression {
  return expression.tree !== undefined;
}
