import type { Check, Found, Says } from "./check.ts";
import type { Expr } from "./promql-types.ts";
import type { Expression, Subject } from "./subject.ts";
import { everyPart } from "./walk.ts";

/** What each of the checks says, in their order. */
export function runChecks(checks: readonly Check[], subject: Subject): Found[][] {
  return new Walk(checks, subject).run();
}

type Hook = Exclude<keyof Check, "id" | "about" | "severity" | "run" | "alsoLogql">;
/** What a check says of one thing. Parts of an expression come with the expression. */
type Look = (thing: unknown, ...given: unknown[]) => Says;
type Looks = readonly { readonly at: number; readonly look: Look; readonly of: ReadonlySet<string> | undefined }[];

/** One walk over everything, with all checks at each thing: what a thing is made of is then still at hand. */
class Walk {
  private readonly found: Found[][];
  private readonly checks: readonly Check[];
  private readonly subject: Subject;
  private readonly looks: Readonly<Record<Exclude<Hook, PartHook>, Looks>>;
  private readonly atParts: { readonly promql: LooksAtParts; readonly logql: LooksAtParts };

  constructor(checks: readonly Check[], subject: Subject) {
    this.checks = checks;
    this.subject = subject;
    this.found = checks.map(() => []);
    const hooks = (key: Hook): Looks =>
      checks.flatMap((check, at) => {
        const hook = check[key];
        if (!hook) return [];
        const { of, look } = "look" in hook ? hook : { of: undefined, look: hook };
        return [{ at, of, look: look as Look }];
      });
    this.looks = {
      group: hooks("group"),
      rule: hooks("rule"),
      alert: hooks("alert"),
      record: hooks("record"),
      expression: hooks("expression"),
      promql: hooks("promql"),
      logql: hooks("logql"),
    };
    this.atParts = {
      promql: new LooksAtParts(hooks),
      logql: new LooksAtParts((key) => hooks(key).filter(({ at }) => checks[at]?.alsoLogql === true)),
    };
  }

  run(): Found[][] {
    const { subject, looks } = this;
    this.checks.forEach(({ run }, at) => {
      if (run) for (const one of run(subject)) this.found[at]?.push(one);
    });
    for (const group of subject.groups) this.look(looks.group, group);
    for (const expression of subject.expressions) {
      const { rule, tree, promql } = expression;
      if (rule) {
        this.look(looks.rule, rule);
        this.look(rule.kind === "alert" ? looks.alert : looks.record, rule);
      }
      this.look(looks.expression, expression);
      if (tree === undefined) continue;
      const language = promql ? "promql" : "logql";
      this.look(looks[language], expression);
      const atParts = this.atParts[language];
      const parts = everyPart(tree);
      for (let at = 0; at < parts.length; at++) {
        const part = parts[at] as Expr;
        this.lookAtPart(atParts.of(part), part, expression);
      }
    }
    return this.found;
  }

  private look(looks: Looks, thing: unknown): void {
    // Loops by index: in code that has just begun to run, each step of another makes an object.
    for (let next = 0; next < looks.length; next++) {
      const { at, look } = looks[next] as Looks[number];
      const said = look(thing, this.subject);
      if (said !== undefined) this.say(at, said);
    }
  }

  private lookAtPart(looks: Looks, part: Expr, expression: Expression): void {
    for (let next = 0; next < looks.length; next++) {
      const { at, look } = looks[next] as Looks[number];
      const said = look(part, expression, this.subject);
      if (said !== undefined) this.say(at, said);
    }
  }

  private say(at: number, said: Found | readonly Found[]): void {
    if (Array.isArray(said)) this.found[at]?.push(...(said as readonly Found[]));
    else this.found[at]?.push(said as Found);
  }
}

const none: Looks = [];

type PartHook = "selector" | "subquery" | "call" | "aggregate" | "binary";

/** Who looks at which part of an expression of one language. */
class LooksAtParts {
  private readonly looks: Readonly<Record<PartHook, Looks>>;
  private readonly named = {
    call: new Map<string, Looks>(),
    aggregate: new Map<string, Looks>(),
    binary: new Map<string, Looks>(),
  };

  constructor(hooks: (key: PartHook) => Looks) {
    this.looks = {
      selector: hooks("selector"),
      subquery: hooks("subquery"),
      call: hooks("call"),
      aggregate: hooks("aggregate"),
      binary: hooks("binary"),
    };
  }

  of(part: Expr): Looks {
    switch (part.kind) {
      case "selector":
      case "subquery":
        return this.looks[part.kind];
      case "call":
      case "aggregate":
        return this.ofNamed(part.kind, part.name);
      case "binary":
        return this.ofNamed(part.kind, part.op);
      default:
        return none;
    }
  }

  private ofNamed(kind: "call" | "aggregate" | "binary", name: string): Looks {
    const before = this.named[kind].get(name);
    if (before) return before;
    const looks = this.looks[kind].filter(({ of }) => of?.has(name) !== false);
    this.named[kind].set(name, looks);
    return looks;
  }
}
