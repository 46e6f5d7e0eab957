import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import { selectorsIn } from "../walk.ts";

/** Buckets are told apart by `le`: without it histogram_quantile() has nothing to read, and says nothing. */
export const quantileWithoutLe: Check = {
  id: "M04",
  about: "histogram_quantile() over buckets that lost their `le` gives no result and no error.",
  severity: "error",
  call: {
    of: new Set(["histogram_quantile", "histogram_fraction"]),
    look(part, expression, { labelsOf }) {
      const buckets = part.args.at(-1);
      if (!buckets || mayHave(labelsOf(buckets), "le")) return undefined;
      if (!selectorsIn(buckets).some(({ selector }) => /_bucket(?::|$)/u.test(selector.metric ?? ""))) return undefined;
      return inExpression(expression, `the buckets of ${part.name}() have lost \`le\`: add it to \`by\``, buckets);
    },
  },
};
