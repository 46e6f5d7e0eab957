import { type Check, inExpression } from "../check.ts";
import type { BinaryExpr, Expr } from "../promql-types.ts";
import { bare, comparisons, isComparison, numberOf } from "../walk.ts";

/** A condition that can't be true: the count of nothing is no result, and not 0. */
export const neverFires: Check = {
  id: "A07",
  about: "The count of nothing is nothing, and not 0: an alert on `count(…) == 0` never fires; absent() does.",
  severity: "error",
  binary: {
    of: comparisons,
    look(part, expression, { setting }) {
      if (expression.rule?.kind !== "alert" || part.bool) return undefined;
      const message = impossible(part, (name) => setting.metric(name)?.type);
      return message === undefined ? undefined : inExpression(expression, message, part);
    },
  },
};

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly what: string;
}

/** The other way round, where the number is written first. */
const mirrored: Readonly<Record<string, string>> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=" };

function impossible(part: BinaryExpr, typeOf: (name: string) => string | undefined): string | undefined {
  const isFirst = numberOf(part.left) !== undefined;
  const [compared, number] = isFirst ? [part.right, part.left] : [part.left, part.right];
  const op = isFirst ? (mirrored[part.op] ?? part.op) : part.op;
  const limit = numberOf(number);
  const bounds = boundsOf(compared, typeOf);
  if (limit === undefined || !bounds) return undefined;
  const { least, most, what } = bounds;
  const never =
    (op === "==" && (limit < least || limit > most)) ||
    (op === ">" && limit >= most) ||
    (op === ">=" && limit > most) ||
    (op === "<" && limit <= least) ||
    (op === "<=" && limit < least) ||
    (op === "!=" && least === most && limit === least);
  return never ? `${what}, so that \`${op} ${limit}\` is never true` : undefined;
}

const counted = "what is counted is at least 1, or not there: use absent(), or `or vector(0)`";

/** Between which numbers a value lies, where that is certain. */
function boundsOf(expr: Expr, typeOf: (name: string) => string | undefined): Bounds | undefined {
  const inner = bare(expr);
  switch (inner.kind) {
    case "aggregate":
      if (inner.name === "count") return { least: 1, most: Infinity, what: counted };
      return inner.name === "group" ? { least: 1, most: 1, what: "group() is 1, or not there" } : undefined;
    case "call":
      if (inner.name === "count_over_time") return { least: 1, most: Infinity, what: counted };
      return ["absent", "absent_over_time", "present_over_time"].includes(inner.name)
        ? { least: 1, most: 1, what: `${inner.name}() is 1, or not there` }
        : undefined;
    case "selector": {
      const { metric = "" } = inner.selector;
      if (inner.range) return undefined;
      if (metric === "up") return { least: 0, most: 1, what: "up is 0 or 1" };
      return typeOf(metric) === "info" ? { least: 1, most: 1, what: `${metric} is always 1` } : undefined;
    }
    case "binary": {
      // `x > 5` keeps what is above 5.
      const limit = numberOf(inner.right);
      if (!isComparison(inner.op) || inner.bool || limit === undefined) return undefined;
      if (inner.op.startsWith(">"))
        return { least: limit, most: Infinity, what: `only what is above ${limit} is left` };
      return inner.op.startsWith("<")
        ? { least: -Infinity, most: limit, what: `only what is below ${limit} is left` }
        : undefined;
    }
    default:
      return undefined;
  }
}
