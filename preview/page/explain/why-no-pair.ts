import type { Asking, SeriesLabels } from "./asking.ts";

interface Pairing {
  readonly left: string;
  readonly right: string;
  /** With what follows it: `* on (cluster) group_left ()`. */
  readonly operator: string;
  readonly asking: Asking;
}

/** As many values of a side are named. */
const most = 4;

/** Both sides of an operation have data: which label is it that never agrees? */
export async function whyNoPair({ left, right, operator, asking }: Pairing): Promise<{ readonly text: string }> {
  const [here, there] = await Promise.all([asking.series(left), asking.series(right)]);
  const labels = matchedBy(operator, [...here, ...there]);
  const apart = labels.flatMap((label) => {
    const [mine, theirs] = [valuesOf(here, label), valuesOf(there, label)];
    return mine.some((value) => theirs.includes(value))
      ? []
      : [`\`${label}\` is ${listed(mine)} on the left and ${listed(theirs)} on the right`];
  });
  const found =
    apart.length > 0
      ? `: ${apart.join("; ")}`
      : labels.length > 0
        ? ` in ${labels.map((label) => `\`${label}\``).join(" and ")} together`
        : "";
  return {
    text: `Each side of \`${operator}\` has data, but no series of one agrees with any of the other${found}.`,
  };
}

/** The labels that two series must have in common. */
function matchedBy(operator: string, series: readonly SeriesLabels[]): string[] {
  const [, how, list = ""] = /\b(on|ignoring)\s*\(([^)]*)\)/u.exec(operator) ?? [];
  const named = list.split(",").map((label) => label.trim().replaceAll(/^"|"$/gu, ""));
  if (how === "on") {
    return named.filter((label) => label !== "");
  }
  const all = new Set(series.flatMap((labels) => Object.keys(labels)));
  return [...all].filter((label) => label !== "__name__" && !named.includes(label)).sort();
}

function valuesOf(series: readonly SeriesLabels[], label: string): string[] {
  return [...new Set(series.map((labels) => labels[label] ?? ""))];
}

function listed(values: readonly string[]): string {
  const shown = values.slice(0, most).map((value) => (value === "" ? "missing" : `\`${value}\``));
  return shown.join(", ") + (values.length > most ? ", …" : "");
}
