import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import { everyPart, selectorsIn } from "../walk.ts";

/** Buckets are told apart by `le`: without it histogram_quantile() has nothing to read, and says nothing. */
export const quantileWithoutLe: Check = {
  id: "M04",
  about: "histogram_quantile() over buckets that lost their `le` gives no result and no error.",
  severity: "error",
  *run({ promql, labelsOf }) {
    for (const expression of promql) {
      for (const part of everyPart(expression.tree)) {
        if (part.kind !== "call" || (part.name !== "histogram_quantile" && part.name !== "histogram_fraction"))
          continue;
        const buckets = part.args.at(-1);
        if (!buckets || mayHave(labelsOf(buckets), "le")) continue;
        if (!selectorsIn(buckets).some(({ selector }) => /_bucket(?::|$)/u.test(selector.metric ?? ""))) continue;
        yield inExpression(expression, `the buckets of ${part.name}() have lost \`le\`: add it to \`by\``, buckets);
      }
    }
  },
};
