/** What one metric shows of itself in a scrape. */
export interface Exposed {
  /** `untyped` where nothing says. */
  readonly type: string;
  /** Of any of its series; without the `le` of a histogram and the `quantile` of a summary. */
  readonly labels: ReadonlySet<string>;
}

const suffixes = ["_bucket", "_sum", "_count"];
const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+[^\s{}]+(?:\s+-?\d+)?(?:\s+#.*)?$/u;
const pair = /\s*([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)/uy;

/** Reads Prometheus' text format. The series of a histogram and of a summary count as the metric they are parts of. */
export function parseExposition(text: string): Map<string, Exposed> {
  const found = new Map<string, { readonly type: string; readonly labels: Set<string> }>();
  const metric = (name: string, type = "untyped") =>
    found.get(name) ?? found.set(name, { type, labels: new Set() }).get(name)!;
  for (const line of text.split("\n").map((line) => line.trim())) {
    const [, name = "", type] = /^#\s+TYPE\s+(\S+)\s+(\S+)/u.exec(line) ?? [];
    if (type !== undefined) metric(name, type);
    if (line === "" || line.startsWith("#")) continue;
    const [, series, labels = ""] = sample.exec(line) ?? [];
    if (series === undefined) throw new Error(`not a sample: ${line}`);
    const base = suffixes
      .map((suffix) => (series.endsWith(suffix) ? series.slice(0, -suffix.length) : ""))
      .find((base) => /^(?:histogram|summary)$/u.test(found.get(base)?.type ?? ""));
    const of = metric(base ?? series);
    const hidden = { histogram: "le", summary: "quantile" }[of.type];
    labelNames(labels)
      .filter((label) => label !== hidden)
      .forEach((label) => of.labels.add(label));
  }
  return found;
}

function labelNames(labels: string): string[] {
  const names: string[] = [];
  pair.lastIndex = 0;
  for (let at = 0; at < labels.trimEnd().length; at = pair.lastIndex) {
    const name = pair.exec(labels)?.[1];
    if (name === undefined) throw new Error(`not labels: {${labels}}`);
    names.push(name);
  }
  return names;
}
