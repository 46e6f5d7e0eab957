import { parseLogql, parsePromql } from "../lint/index.ts";
import { aggregatesIn, binariesIn } from "../lint/walk.ts";

export interface Place {
  /** What narrows a query: `k8s_cluster` by `$cluster`. */
  readonly labels: readonly { readonly label: string; readonly variable: string }[];
  /** The label that tells clusters apart. */
  readonly cluster: string;
  readonly language: "prometheus" | "loki" | "tempo";
}

export interface Rewritten {
  readonly text: string;
  /** Does its result tell clusters apart where it did not before? */
  readonly grouped: boolean;
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * A query that was written for one cluster, for many: each selector is narrowed by the reader's choice, and what is grouped
 * or joined by names that two clusters may both have is so by cluster too.
 * @returns the text as it was, and the problem, where that can't be done
 */
export function clusterAware(expr: string, place: Place): Rewritten & { readonly problem?: string } {
  if (place.language === "tempo") return { text: expr, grouped: false };
  return place.language === "loki" ? lokiAware(expr, place) : promAware(expr, place);
}

function promAware(expr: string, place: Place): ReturnType<typeof clusterAware> {
  const parsed = parsePromql(expr, { grafana: true });
  if (!parsed.tree) {
    return { text: expr, grouped: false, problem: parsed.errors[0]?.message ?? "it can't be read" };
  }
  const { cluster } = place;
  const groupings = aggregatesIn(parsed.tree).flatMap(({ grouping }): Edit[] => {
    if (!grouping?.by || grouping.labels.length === 0 || grouping.labels.includes(cluster)) return [];
    return afterBracket(expr, grouping.from, cluster);
  });
  const joins = binariesIn(parsed.tree).flatMap(({ matching, opFrom }): Edit[] => {
    if (!matching?.on || matching.labels.length === 0 || matching.labels.includes(cluster)) return [];
    const on = /\bon\s*\(/iu.exec(expr.slice(opFrom));
    return on ? afterBracket(expr, opFrom + on.index, cluster) : [];
  });
  const text = edited(expr, [...parsed.selectors.flatMap((one) => narrowed(expr, one, place)), ...groupings, ...joins]);
  const check = parsePromql(text, { grafana: true });
  if (!check.tree) return { text: expr, grouped: false, problem: "it can't be narrowed to a cluster" };
  // What is not aggregated at all keeps its cluster.
  const outermost = parsed.tree.kind === "aggregate" ? groupings.length > 0 : true;
  return { text, grouped: groupings.length > 0 || outermost };
}

function lokiAware(expr: string, place: Place): ReturnType<typeof clusterAware> {
  const parsed = parseLogql(expr, { grafana: true });
  if (!parsed.ok) return { text: expr, grouped: false, problem: parsed.errors[0]?.message ?? "it can't be read" };
  const text = edited(
    expr,
    parsed.selectors.flatMap((one) => narrowed(expr, one, place)),
  );
  return parseLogql(text, { grafana: true }).ok
    ? { text, grouped: false }
    : { text: expr, grouped: false, problem: "it can't be narrowed to a cluster" };
}

interface Selects {
  readonly from: number;
  readonly to: number;
  readonly matchers: readonly { readonly label: string; readonly value: string }[];
}

/** The matchers that a selector lacks, in its braces; one that let a reader choose one cluster lets them choose several. */
function narrowed(expr: string, { from, to, matchers }: Selects, { labels }: Place): Edit[] {
  const own = expr.slice(from, to);
  const widened = labels.flatMap(({ label, variable }): Edit[] => {
    const one = new RegExp(String.raw`\b${label}\s*=\s*"\$(?:\{${variable}\}|${variable})"`, "u").exec(own);
    return one
      ? [{ from: from + one.index, to: from + one.index + one[0].length, text: `${label}=~"$${variable}"` }]
      : [];
  });
  const missing = labels
    .filter(({ label }) => !matchers.some((matcher) => matcher.label === label))
    .map(({ label, variable }) => `${label}=~"$${variable}"`)
    .join(", ");
  if (missing === "") return widened;
  const brace = /(?<!\$)\{/u.exec(own);
  if (!brace) return [...widened, { from: to, to, text: `{${missing}}` }];
  const at = from + brace.index + 1;
  const isEmpty = /^\s*\}/u.test(expr.slice(at));
  return [...widened, { from: at, to: at, text: isEmpty ? missing : `${missing}, ` }];
}

function afterBracket(expr: string, from: number, label: string): Edit[] {
  const at = expr.indexOf("(", from) + 1;
  return at === 0 ? [] : [{ from: at, to: at, text: `${label}, ` }];
}

function edited(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((a, b) => b.from - a.from)
    .reduce((rest, { from, to, text: by }) => rest.slice(0, from) + by + rest.slice(to), text);
}
