import type { AggregateExpr, BinaryExpr, CallExpr, Expr, Matcher, Selector } from "./promql-types.ts";
import type { Labels, Pinned, Subject } from "./subject.ts";
import { bare, isScalar, isSetOperator, picks } from "./walk.ts";

type Computed = CallExpr | AggregateExpr | BinaryExpr;

const most = 256;
const none: readonly string[] = [];
const unpinned: Labels["pinned"] = [];
const anything: Labels = { only: false, names: none, pinned: unpinned };
const nothing: Labels = { only: true, names: none, pinned: unpinned };

/** Can a series of the result have the label? False only where it surely can't. */
export function mayHave({ only, names }: Labels, label: string): boolean {
  return names.includes(label) === only;
}

/** Works out labels for the expressions of one subject, each once. */
export class LabelReader {
  /** Of the parts that are being looked at; once the checks are past an expression, nobody asks for it again. */
  private readonly known = new Map<Computed, Labels>();
  private readonly recorded = new Map<string, Labels>();
  private readonly subject: Pick<Subject, "recorded">;

  constructor(subject: Pick<Subject, "recorded">) {
    this.subject = subject;
  }

  of(expr: Expr): Labels {
    switch (expr.kind) {
      case "number":
      case "string":
        return nothing;
      case "variable":
        return anything;
      case "selector":
        return this.ofSelector(expr.selector);
      case "subquery":
      case "unary":
      case "parens":
        return this.of(expr.inner);
      default: {
        const known = this.known.get(expr);
        if (known) return known;
        const labels = this.read(expr);
        if (this.known.size >= most) this.known.clear();
        this.known.set(expr, labels);
        return labels;
      }
    }
  }

  private read(expr: Computed): Labels {
    switch (expr.kind) {
      case "call":
        return this.ofCall(expr);
      case "aggregate": {
        const inner = this.of(expr.inner);
        // A variable in the place of the aggregation may be any.
        if (picks(expr.name) || expr.name.includes("$")) return inner;
        const { by = true, labels = none } = expr.grouping ?? {};
        if (labels.some(isVariable)) return { ...anything, pinned: inner.pinned };
        const left = by ? keep(inner, labels) : drop(inner, labels);
        return expr.name === "count_values" && expr.parameter?.kind === "string"
          ? plus(left, [expr.parameter.text])
          : left;
      }
      case "binary":
        return this.ofBinary(expr);
    }
  }

  private ofSelector({ metric, matchers }: Selector): Labels {
    let labels = metric !== undefined && metric.includes(":") ? this.ofRecord(metric) : anything;
    let { pinned } = labels;
    for (let at = 0; at < matchers.length; at++) {
      const matcher = matchers[at] as Matcher;
      const { label, op, value } = matcher;
      if (op !== "=" || value.includes("$")) continue;
      if (value === "") labels = drop(labels, [label]);
      else pinned = pinned.length === 0 ? [matcher] : [...restricted(pinned, (one) => one.label !== label), matcher];
    }
    return pinned === labels.pinned ? labels : { only: labels.only, names: labels.names, pinned };
  }

  /** What the rules that record a name leave of the labels; a rule that reads itself may have any. */
  private ofRecord(name: string): Labels {
    const known = this.recorded.get(name);
    if (known) return known;
    const rules = this.subject.recorded.get(name);
    if (!rules) return anything;
    this.recorded.set(name, anything);
    const labels = rules
      .map(({ expression, labels: own }) =>
        plus(expression.tree ? this.of(expression.tree) : anything, Object.keys(own)),
      )
      .reduce(either);
    this.recorded.set(name, labels);
    return labels;
  }

  private ofCall({ name, args }: CallExpr): Labels {
    const first = args[0];
    const second = args[1];
    switch (name) {
      case "absent":
      case "absent_over_time": {
        const inner = first && bare(first);
        const matchers = inner?.kind === "selector" ? inner.selector.matchers : [];
        const written = matchers.filter(({ op, label }) => op === "=" && label !== "__name__");
        return {
          only: true,
          names: written.map(({ label }) => label),
          pinned: written.filter(({ value }) => !value.includes("$")),
        };
      }
      case "label_replace":
      case "label_join":
        return plus(first ? this.of(first) : anything, second?.kind === "string" ? [second.text] : []);
      case "histogram_quantile":
        return second ? drop(this.of(second), ["le"]) : anything;
      case "histogram_fraction":
        return args[2] ? drop(this.of(args[2]), ["le"]) : anything;
      case "quantile_over_time":
        return second ? this.of(second) : anything;
      case "scalar":
      case "vector":
      case "time":
      case "pi":
        return nothing;
      case "info":
        return anything;
      default:
        return first ? this.of(first) : nothing;
    }
  }

  private ofBinary(expr: BinaryExpr): Labels {
    const { op, left, right, matching, group } = expr;
    if (isScalar(left)) return this.of(right);
    if (isScalar(right)) return this.of(left);
    const a = this.of(left);
    const b = this.of(right);
    if (op === "or") return either(a, b);
    if (isSetOperator(op)) return a;
    if (group) return plus(group.side === "left" ? a : b, group.include);
    if (!matching) return a;
    return matching.on ? keep(a, matching.labels) : drop(a, matching.labels);
  }
}

function isVariable(label: string): boolean {
  return label.includes("$");
}

function keep({ only, names, pinned }: Labels, labels: readonly string[]): Labels {
  // Mostly from everything.
  if (!only && names.length === 0) return { only: true, names: labels, pinned };
  return { only: true, names: labels.filter((label) => names.includes(label) === only), pinned };
}

function drop({ only, names, pinned }: Labels, labels: readonly string[]): Labels {
  return { only, names: only ? without(names, labels) : union(names, labels), pinned };
}

function plus({ only, names, pinned }: Labels, labels: readonly string[]): Labels {
  if (labels.length === 0) return { only, names, pinned };
  return {
    only,
    names: only ? union(names, labels) : without(names, labels),
    pinned: restricted(pinned, ({ label }) => !labels.includes(label)),
  };
}

// There are a handful of labels: lists are smaller than sets, and not slower.
function union(names: readonly string[], labels: readonly string[]): readonly string[] {
  const added = labels.filter((label) => !names.includes(label));
  return added.length === 0 ? names : [...names, ...added];
}

function without(names: readonly string[], labels: readonly string[]): readonly string[] {
  return names.length === 0 ? names : names.filter((label) => !labels.includes(label));
}

/** Series of the one or of the other. */
function either(a: Labels, b: Labels): Labels {
  const pinned = restricted(a.pinned, ({ label, value }) =>
    b.pinned.some((other) => other.label === label && other.value === value),
  );
  if (a.only && b.only) return { only: true, names: union(a.names, b.names), pinned };
  const open = a.only ? [] : a.names.filter((label) => !mayHave(b, label));
  const other = b.only ? [] : b.names.filter((label) => !mayHave(a, label));
  return { only: false, names: union(open, other), pinned };
}

function restricted(pinned: Labels["pinned"], wanted: (one: Pinned) => boolean): Labels["pinned"] {
  return pinned.every(wanted) ? pinned : pinned.filter(wanted);
}
