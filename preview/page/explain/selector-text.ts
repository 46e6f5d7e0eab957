import type { Matcher } from "../promql/parser.ts";

/** A selector as text, of its name and some of its matchers. */
export function selectorText(metric: string | undefined, matchers: readonly Matcher[]): string {
  const plain = metric === undefined || /^[A-Za-z_:][\w:]*$/u.test(metric);
  const all = [...(plain ? [] : [JSON.stringify(metric)]), ...matchers.map(matcherText)];
  return `${plain ? (metric ?? "") : ""}${all.length > 0 ? `{${all.join(",")}}` : ""}`;
}

/** PromQL's strings are Go's, whose escapes are those of JSON. */
export function matcherText({ label, op, value }: Matcher): string {
  return `${label}${op}${JSON.stringify(value)}`;
}
