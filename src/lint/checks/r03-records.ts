import type { Check, Found } from "../check.ts";
import type { Matcher, Selector } from "../promql-types.ts";
import type { RuleThing, Subject } from "../subject.ts";

/** Recorded series that nobody reads, that read themselves, or that two rules write. */
export const records: Check = {
  id: "R03",
  about: "A record that nobody reads costs for nothing; one that reads itself, or is written twice, is wrong.",
  severity: "warning",
  *run(subject) {
    const { rules, recorded } = subject;
    const before = new Map<string, RuleThing[]>();
    for (const rule of rules) {
      if (rule.kind !== "record") continue;
      const circle = circleOf(rule, recorded);
      if (circle) yield { thing: rule, message: `reads itself: ${circle.join(" reads ")}` };
      if (recorded.get(rule.name)?.length === 1) continue;
      // Each tenant has its own.
      const place = `${rule.group.tenant ?? rule.resource} ${rule.name}`;
      const others = before.get(place) ?? [];
      const twin = others.find((other) => makesTheSame(other, rule));
      others.push(rule);
      before.set(place, others);
      if (twin) {
        yield {
          thing: rule,
          message: `${rule.name} is recorded twice with the same labels, also in ${twin.group.where}`,
        };
      }
    }
    yield* unread(subject);
  },
};

/** Only where what could read is at hand: boards as well as rules. Other boards may exist, so that it is no mistake for sure. */
function* unread({ setting, rules, boards, expressions }: Subject): Generator<Found> {
  if (!setting.generated || boards.length === 0) return;
  const read = new Set(expressions.flatMap(({ promql }) => promql?.selectors ?? []).map(({ metric }) => metric));
  for (const rule of rules) {
    if (rule.kind === "record" && !read.has(rule.name) && !rule.name.startsWith("fleetglass:")) {
      yield { thing: rule, message: `nothing reads ${rule.name}`, severity: "info" };
    }
  }
}

const none: readonly Selector[] = [];
const noNames: readonly string[] = [];

/** The recorded names that a rule reads; not its own where it asks for series with another label than it writes. */
function recordsRead(
  { name, labels, expression: { promql } }: RuleThing,
  recorded: Subject["recorded"],
): readonly string[] {
  let found: string[] | undefined;
  const selectors = promql?.selectors ?? none;
  for (let at = 0; at < selectors.length; at++) {
    const { metric, matchers } = selectors[at] as Selector;
    if (metric === undefined || !recorded.has(metric)) continue;
    if (metric !== name || !matchers.some((matcher) => leavesOut(matcher, labels))) (found ??= []).push(metric);
  }
  return found ?? noNames;
}

function leavesOut({ label, op, value }: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const own = labels[label];
  if (own === undefined) return false;
  const values = op === "=~" || op === "!~" ? value.split("|") : [value];
  return values.includes(own) === op.startsWith("!");
}

/** Two rules may write one name, each for its own part of the series. */
function makesTheSame(a: RuleThing, b: RuleThing): boolean {
  return a.expression.text === b.expression.text && JSON.stringify(a.labels) === JSON.stringify(b.labels);
}

/** The way from a record back to itself, if there is one. */
function circleOf(rule: RuleThing, recorded: Subject["recorded"]): string[] | undefined {
  const read = recordsRead(rule, recorded);
  if (read.length === 0) return undefined;
  const open = read.map((name) => [rule.name, name]);
  const seen = new Set<string>();
  for (let way = open.pop(); way; way = open.pop()) {
    const name = way.at(-1) ?? "";
    if (name === rule.name) return way;
    if (seen.has(name)) continue;
    seen.add(name);
    for (const next of recorded.get(name) ?? []) {
      for (const one of recordsRead(next, recorded)) open.push([...way, one]);
    }
  }
  return undefined;
}
