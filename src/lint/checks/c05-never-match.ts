import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import type { BinaryExpr } from "../promql-types.ts";
import type { Labels, Setting } from "../subject.ts";
import { isScalar } from "../walk.ts";

/** Two sides of which no series can ever meet: the result is always empty, and nothing says so. */
export const sidesNeverMatch: Check = {
  id: "C05",
  about: "Where no series of the two sides can have the same labels the result is always empty, without an error.",
  severity: "error",
  alsoLogql: true,
  binary(part, expression, { setting, labelsOf }) {
    if (part.op === "or" || isScalar(part.left) || isScalar(part.right)) return undefined;
    const message = problem(part, labelsOf(part.left), labelsOf(part.right), setting);
    return message !== undefined ? inExpression(expression, message, part) : undefined;
  },
};

function problem(
  { matching, op }: BinaryExpr,
  left: Labels,
  right: Labels,
  { labels: { cluster, environment, region } }: Setting,
): string | undefined {
  const empty = op === "unless" ? "nothing is ever left out" : "the result is always empty";
  const matched = (label: string): boolean => !matching || matching.labels.includes(label) === matching.on;
  for (const { label, value } of left.pinned) {
    const other = right.pinned.find((one) => one.label === label)?.value;
    if (other === undefined || other === value) continue;
    if (matched(label) && mayHave(left, label) && mayHave(right, label))
      return `${label} is "${value}" on the left and "${other}" on the right: ${empty}`;
    // A cluster is in one environment and one region.
    const within = label === environment || label === region;
    if (within && matched(cluster) && mayHave(left, cluster) && mayHave(right, cluster)) {
      return `no ${cluster} is in ${label} "${value}" and in "${other}": ${empty}`;
    }
  }
  if (matching?.on === false || !left.only || !right.only) return undefined;
  if (matching) {
    const lost = matching.labels.find((label) => mayHave(left, label) !== mayHave(right, label));
    return lost === undefined ? undefined : `only one side has ${lost}: ${empty}`;
  }
  const extra = left.names.filter((label) => !right.names.includes(label));
  const missing = right.names.filter((label) => !left.names.includes(label));
  if (extra.length === 0 && missing.length === 0) return undefined;
  const [side, names] = extra.length > 0 ? ["left", extra] : ["right", missing];
  return `only the ${side} side has ${names.join(", ")}: ${empty}; add \`on (…)\``;
}
