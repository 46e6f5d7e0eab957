import { type Check, inExpression } from "../check.ts";
import type { Expr } from "../promql-types.ts";
import type { Setting } from "../subject.ts";
import { bare, comparisons, isComparison, isScalar, numberOf } from "../walk.ts";

/** Seconds compared with bytes, a ratio compared with 80, a ratio in a panel of percents. */
export const unitContradiction: Check = {
  id: "M10",
  about: "Numbers in different units compare as if they were the same: a ratio is never above 80, whatever happens.",
  severity: "error",
  binary: {
    of: new Set([...comparisons, "+", "-"]),
    look(part, expression, { setting }) {
      const message = contradiction(part, new Units(setting));
      return message === undefined ? undefined : inExpression(expression, message, part);
    },
  },
  promql(expression, { setting }) {
    const drawn = expression.panel?.targets.length === 1 ? expression.panel.unit : undefined;
    const unit = drawn === undefined ? undefined : new Units(setting).of(expression.tree);
    const wrong = drawn !== undefined && unit !== undefined ? drawnWrongly(unit, drawn) : undefined;
    return wrong === undefined ? undefined : inExpression(expression, wrong);
  },
};

function contradiction({ op, left, right }: Extract<Expr, { kind: "binary" }>, units: Units): string | undefined {
  const a = units.of(left);
  const b = units.of(right);
  if (a !== undefined && b !== undefined && a !== b && !isScalar(left) && !isScalar(right)) {
    return comparable.has(a) && comparable.has(b) ? `${a} and ${b} are put together with \`${op}\`` : undefined;
  }
  const limit = numberOf(right);
  if (!isComparison(op) || limit === undefined) return undefined;
  if (a === "ratio" && limit > 5 && limit <= 100) {
    return `a ratio is compared with ${limit}: write ${limit / 100}, or multiply by 100`;
  }
  return a === "percent" && limit > 0 && limit < 1 && op.startsWith(">")
    ? `percents are compared with ${limit}: write ${limit * 100}, or don't multiply by 100`
    : undefined;
}

const comparable: ReadonlySet<string> = new Set([
  "seconds",
  "bytes",
  "ratio",
  "percent",
  "celsius",
  "watts",
  "joules",
  "timestamp",
]);

const bytesUnits = /^(?:dec)?(?:k|m|g|t|p)?bytes$/u;
const timeUnits = /^(?:ns|µs|ms|s|m|h|d|dtdurations|dtdurationms|clocks)$/u;

function drawnWrongly(unit: string, drawn: string): string | undefined {
  if (unit === "ratio" && drawn === "percent")
    return "a ratio in a panel of percents: 1 is drawn as 1 %; use percentunit";
  if (unit === "percent" && drawn === "percentunit")
    return "percents in a panel of ratios: 80 is drawn as 8000 %; use percent";
  if (unit === "bytes" && timeUnits.test(drawn)) return `bytes in a panel of times (${drawn})`;
  if (unit === "seconds" && bytesUnits.test(drawn)) return `seconds in a panel of bytes (${drawn})`;
  return undefined;
}

const same: ReadonlySet<string> = new Set(
  (
    "abs ceil floor round increase delta idelta avg_over_time min_over_time max_over_time sum_over_time " +
    "last_over_time first_over_time quantile_over_time label_replace label_join sort sort_desc clamp clamp_min clamp_max"
  ).split(" "),
);

/** What the numbers of an expression are, where it follows from the metrics in it. */
class Units {
  private readonly setting: Setting;

  constructor(setting: Setting) {
    this.setting = setting;
  }

  of(expr: Expr): string | undefined {
    const inner = bare(expr);
    switch (inner.kind) {
      case "selector":
        return this.ofMetric(inner.selector.metric);
      case "subquery":
      case "unary":
        return this.of(inner.inner);
      case "aggregate":
        return ["sum", "avg", "min", "max", "topk", "bottomk", "quantile"].includes(inner.name)
          ? this.of(inner.inner)
          : undefined;
      case "call": {
        const of = inner.args.find((arg) => !isScalar(arg));
        const unit = of && this.of(of);
        if (same.has(inner.name)) return unit;
        if (inner.name !== "rate" && inner.name !== "irate") return undefined;
        return unit === undefined ? undefined : `${unit} per second`;
      }
      case "binary":
        return this.ofBinary(inner);
      default:
        return undefined;
    }
  }

  private ofMetric(name: string | undefined): string | undefined {
    const measure = name === undefined ? undefined : this.setting.metric(name)?.measure;
    return measure === "none" || measure === "requests" ? undefined : measure;
  }

  private ofBinary({ op, left, right }: Extract<Expr, { kind: "binary" }>): string | undefined {
    const a = this.of(left);
    const b = this.of(right);
    const m = numberOf(left);
    const n = numberOf(right);
    if (isComparison(op)) return a;
    switch (op) {
      case "/":
        return a !== undefined && a === b && a !== "ratio" && a !== "percent" ? "ratio" : undefined;
      case "*":
        return (a === "ratio" && n === 100) || (b === "ratio" && m === 100) ? "percent" : undefined;
      case "-":
        if (m === 1 && b === "ratio") return "ratio";
        if (m === 100 && b === "percent") return "percent";
        return a === b ? (a === "timestamp" ? "seconds" : a) : undefined;
      case "and":
      case "unless":
        return a;
      case "+":
      case "or":
        return a === b ? a : undefined;
      default:
        return undefined;
    }
  }
}
