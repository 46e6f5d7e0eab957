import type { Check, Found } from "../check.ts";
import type { Matcher } from "../promql-types.ts";
import type { RuleThing, Subject } from "../subject.ts";
import { selectorsIn } from "../walk.ts";

/** Recorded series that nobody reads, that read themselves, or that two rules write. */
export const records: Check = {
  id: "R03",
  about: "A record that nobody reads costs for nothing; one that reads itself, or is written twice, is wrong.",
  severity: "warning",
  *run(subject) {
    const { rules, recorded } = subject;
    const reads = new Map<RuleThing, readonly string[]>();
    for (const rule of rules) reads.set(rule, namesIn(rule));
    for (const rule of rules) {
      if (rule.kind !== "record") continue;
      const circle = circleOf(rule, { recorded, reads });
      if (circle) yield { thing: rule, message: `reads itself: ${circle.join(" reads ")}` };
      const twin = recorded
        .get(rule.name)
        ?.find((other) => other !== rule && isSame(other, rule) && rules.indexOf(other) < rules.indexOf(rule));
      if (twin)
        yield {
          thing: rule,
          message: `${rule.name} is recorded twice with the same labels, also in ${twin.group.where}`,
        };
    }
    yield* unread(subject);
  },
};

/** Only where what could read is at hand: boards as well as rules. Other boards may exist, so that it is no mistake for sure. */
function* unread({ setting, rules, boards, expressions }: Subject): Generator<Found> {
  if (!setting.generated || boards.length === 0) return;
  const read = new Set(
    expressions.flatMap(({ tree }) => (tree ? selectorsIn(tree) : [])).map(({ selector }) => selector.metric),
  );
  for (const rule of rules) {
    if (rule.kind === "record" && !read.has(rule.name) && !rule.name.startsWith("fleetglass:")) {
      yield { thing: rule, message: `nothing reads ${rule.name}`, severity: "info" };
    }
  }
}

/** The names that a rule reads; not its own where it asks for series with another label than it writes. */
function namesIn({ name, labels, expression: { tree } }: RuleThing): readonly string[] {
  const selectors = tree ? selectorsIn(tree) : [];
  return selectors.flatMap(({ selector: { metric, matchers } }) =>
    metric === undefined || (metric === name && matchers.some((matcher) => leavesOut(matcher, labels))) ? [] : [metric],
  );
}

function leavesOut({ label, op, value }: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const own = labels[label];
  if (own === undefined) return false;
  const values = op === "=~" || op === "!~" ? value.split("|") : [value];
  return values.includes(own) === op.startsWith("!");
}

function isSame(a: RuleThing, b: RuleThing): boolean {
  if (a.resource !== b.resource && a.group.tenant !== b.group.tenant) return false;
  if (a.group.tenant === undefined && a.resource !== b.resource) return false;
  if (JSON.stringify(a.labels) !== JSON.stringify(b.labels)) return false;
  // Two rules may write one name, each for its own part of the series.
  return a.expression.text === b.expression.text;
}

/** The way from a record back to itself, if there is one. */
function circleOf(
  rule: RuleThing,
  {
    recorded,
    reads,
  }: {
    readonly recorded: Subject["recorded"];
    readonly reads: ReadonlyMap<RuleThing, readonly string[]>;
  },
): string[] | undefined {
  const seen = new Set<string>();
  const open = (reads.get(rule) ?? []).map((name) => [rule.name, name]);
  for (let way = open.pop(); way; way = open.pop()) {
    const name = way.at(-1) ?? "";
    if (name === rule.name) return way;
    if (seen.has(name)) continue;
    seen.add(name);
    for (const next of recorded.get(name) ?? []) {
      for (const one of reads.get(next) ?? []) open.push([...way, one]);
    }
  }
  return undefined;
}
