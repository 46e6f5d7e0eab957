import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import { childrenOf, isBroken, operandsOf, plainVariables } from "./derived.ts";
import { secondsOf } from "./duration.ts";

/** What a rule would write: its expression, and the labels that it adds. */
export interface Definition {
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What each recorded series is made of, by its name. Several rules may write one. */
export type Definitions = ReadonlyMap<string, readonly Definition[]>;

/** Of what nobody records, so long a time is not looked back on: every sample would be worked out anew. */
const longestWindow = 86_400;
/** A question that is longer than this is none for a board. */
const longestText = 30_000;

interface Matcher {
  readonly label: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  /** Without its quotes, escaped as it was. */
  readonly value: string;
}

/**
 * The same question where nobody evaluates the rules: each recorded series is written out as what its rule would ask. What
 * cannot be parsed is given back as it is, for a check to say what is wrong with it.
 */
export function unrecorded(expr: string, definitions: Definitions): string {
  return remembered(definitions, expr, () => written(expr, definitions));
}

/** Boards ask the same of the same series again and again, and each is many rules deep. */
const memories = new WeakMap<Definitions, Map<string, string>>();

function remembered(definitions: Definitions, key: string, work: () => string): string {
  const memory = memories.get(definitions) ?? new Map<string, string>();
  memories.set(definitions, memory);
  const known = memory.get(key);
  if (known !== undefined) return known;
  const text = work();
  memory.set(key, text);
  return text;
}

/** Can a question be asked so, or does it look too far back, or grow too long? */
export function isAskable(expr: string, definitions: Definitions): boolean {
  return !looksTooFarBack(expr, definitions, new Set()) && unrecorded(expr, definitions).length <= longestText;
}

function looksTooFarBack(expr: string, definitions: Definitions, seen: ReadonlySet<string>): boolean {
  for (const [, name = "", window = ""] of expr.matchAll(
    /([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\s*(?:\[([^\]:]*)[^\]]*\])?/gu,
  )) {
    const rules = definitions.get(name);
    if (!rules || seen.has(name)) continue;
    if (secondsOf(window) > longestWindow) return true;
    if (rules.some((rule) => looksTooFarBack(rule.expr, definitions, new Set([...seen, name])))) return true;
  }
  return false;
}

function written(expr: string, definitions: Definitions): string {
  const plain = plainVariables(expr);
  const tree = parser.parse(plain);
  if (isBroken(tree.topNode)) return expr;
  let text = "";
  let at = 0;
  tree.topNode.cursor().iterate((one) => {
    if (one.name !== "VectorSelector") return;
    const { node } = one;
    const name = nameIn(node, expr);
    const rules = definitions.get(name);
    if (!rules || node.from < at) return;
    const [matchers, wanted] = [matchersOf(node, expr), wantedAbove(node, expr)];
    const key = JSON.stringify([name, matchers, wanted]);
    const whole = remembered(definitions, key, () => series(rules, { matchers, wanted, definitions }) ?? "");
    // As nobody would write it, so nobody does.
    if (whole === "") return;
    const { replaced, until } = inPlace(whole, expr, node.to);
    text += expr.slice(at, node.from) + replaced;
    at = until;
  });
  return text + expr.slice(at);
}

/** A range of what is no selector is a subquery, and only that takes an offset. */
function inPlace(whole: string, expr: string, from: number): { readonly replaced: string; readonly until: number } {
  const rest = expr.slice(from);
  const [range, window = ""] = /^\s*\[([^\]]*)\]/u.exec(rest) ?? [];
  if (range !== undefined) {
    if (window.includes(":")) return { replaced: `(${whole})`, until: from };
    const step = secondsOf(window) > 6 * 3600 ? "5m" : "1m";
    const length = window.replace(/^\$(\w+)$/u, "${$1}");
    return { replaced: `(${whole})[${length}:${step}]`, until: from + range.length };
  }
  const [moved] = /^(?:\s*(?:offset\s+-?[\w$.{}]+|@\s*(?:[\d.]+|start\(\)|end\(\)|\$\w+)))+/u.exec(rest) ?? [];
  if (moved === undefined) return { replaced: `(${whole})`, until: from };
  return { replaced: `last_over_time((${whole})[1m:1m]${moved})`, until: from + moved.length };
}

function nameIn(node: SyntaxNode, expr: string): string {
  const named = node.getChild("Identifier");
  return named ? expr.slice(named.from, named.to) : "";
}

function matchersOf(node: SyntaxNode, expr: string): Matcher[] {
  return (node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? []).flatMap((one) => {
    const [, label = "", operator = "=", value = ""] =
      /^(\w+)\s*(=~|!~|!=|=)\s*["'`](.*)["'`]$/su.exec(expr.slice(one.from, one.to)) ?? [];
    return [{ label, operator: operator as Matcher["operator"], value }];
  });
}

/** The labels that the aggregation right above keeps. */
function wantedAbove(node: SyntaxNode, expr: string): readonly string[] | undefined {
  const above = node.parent?.name === "FunctionCallBody" ? node.parent.parent : null;
  if (above?.name !== "AggregateExpr") return undefined;
  const modifier = above.getChild("AggregateModifier");
  return modifier?.getChild("By") ? labelsIn(modifier.getChild("GroupingLabels"), expr) : undefined;
}

function labelsIn(list: SyntaxNode | null | undefined, expr: string): string[] {
  return (list?.getChildren("LabelName") ?? []).map(({ from, to }) => expr.slice(from, to));
}

interface Asked {
  readonly matchers: readonly Matcher[];
  /** The labels that anyone looks at; undefined for all. */
  readonly wanted: readonly string[] | undefined;
  readonly definitions: Definitions;
}

/** What all rules of one name would have written, and the matchers let through; undefined where that is nothing. */
function series(rules: readonly Definition[], { matchers, wanted, definitions }: Asked): string | undefined {
  const chosen = rules.filter(({ labels }) => matchers.every((one) => mayPass(one, labels[one.label])));
  const constants = chosen.filter(({ expr, labels }) => isConstant(expr) && Object.keys(labels).length > 0);
  const others = chosen.filter((rule) => !constants.includes(rule));
  const parts = [
    ...(constants.length > 0 ? [constant(constants, matchers, wanted)] : []),
    ...others.map(({ expr, labels }) => {
      const { text, left } = pushed(
        expr,
        matchers.filter(({ label }) => !(label in labels)),
      );
      const asked = unrecorded(text, definitions);
      const labelled = Object.entries(labels).reduce((inner, [label, value]) => withLabel(inner, label, value), asked);
      const uncertain = matchers.filter((one) => one.label in labels && one.value.includes("$"));
      return kept(labelled, [...left, ...uncertain]);
    }),
  ];
  const [only] = parts;
  return parts.length < 2 ? only : parts.map((one) => `(${one})`).join(" or ");
}

function isConstant(expr: string): boolean {
  return /^vector\(\d+\)$/u.test(expr);
}

/** What a rule adds is known beforehand, unless it is asked for by a variable. */
function mayPass({ operator, value }: Matcher, own: string | undefined): boolean {
  if (own === undefined || value.includes("$")) return true;
  const equal =
    operator === "=~" || operator === "!~"
      ? new RegExp(`^(?:${unescaped(value)})$`, "u").test(own)
      : own === unescaped(value);
  return equal === (operator === "=" || operator === "=~");
}

function unescaped(value: string): string {
  return value.replaceAll("\\\\", "\\").replaceAll('\\"', '"');
}

/** As short as may be: one number for each value of the label that tells them apart, and the others by that. */
function constant(
  rules: readonly Definition[],
  matchers: readonly Matcher[],
  wanted: readonly string[] | undefined,
): string {
  const open = matchers.filter(({ value }) => value.includes("$"));
  const names = [...new Set(rules.flatMap(({ labels }) => Object.keys(labels)))];
  const key = names.find((name) => new Set(rules.map(({ labels }) => labels[name])).size === rules.length) ?? "";
  const looked = names.filter(
    (name) => name !== key && (wanted?.includes(name) !== false || open.some(({ label }) => label === name)),
  );
  const each = rules.map(({ labels }) => withLabel("vector(1)", key, labels[key] ?? ""));
  const labelled = looked.reduce((inner, name) => {
    const values = [...new Set(rules.map(({ labels }) => labels[name] ?? ""))];
    const [only] = values;
    if (values.length === 1) return withLabel(inner, name, only ?? "");
    return values.reduce((text, value) => {
      const those = rules
        .filter(({ labels }) => labels[name] === value)
        .map(({ labels }) => literally(labels[key] ?? ""));
      return `label_replace(${text}, "${name}", ${quoted(value)}, "${key}", ${quoted(those.join("|"))})`;
    }, inner);
  }, each.join(" or "));
  return kept(labelled, open);
}

function withLabel(expr: string, label: string, value: string): string {
  return `label_replace(${expr}, "${label}", ${quoted(value)}, "", "")`;
}

/** As a regular expression that nothing else matches. */
function literally(value: string): string {
  return value.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
}

function quoted(value: string): string {
  return JSON.stringify(value);
}

/**
 * Only the series that the matchers let through: they are marked by the labels' values, and those with the mark stay. A
 * selector would do it more simply, and what is worked out has none.
 */
function kept(expr: string, matchers: readonly Matcher[]): string {
  const choosing = matchers.filter(({ operator, value }) => operator !== "=~" || value !== ".*");
  const alike = choosing.filter(({ operator }) => operator === "=" || operator === "=~");
  const unlike = choosing.filter((one) => !alike.includes(one));
  const positive = alike.length === 0 ? expr : marked(expr, alike, "and");
  return unlike.reduce((text, one) => marked(text, [one], "unless"), positive);
}

const mark = withLabel("vector(1)", "kept", "yes");

function marked(expr: string, matchers: readonly Matcher[], set: "and" | "unless"): string {
  const labels = matchers.map(({ label }) => label);
  const joined = labels.length === 1 ? expr : `label_join(${expr}, "kept", ",", ${labels.map(quoted).join(", ")})`;
  const from = labels.length === 1 ? (labels[0] ?? "") : "kept";
  const regex = matchers.map((one) => `(?:${regexOf(one)})`).join(",");
  return `max without (kept) (label_replace(${joined}, "kept", "yes", "${from}", "${regex}") ${set} on (kept) ${mark})`;
}

/** As it stands in quotes. */
function regexOf({ operator, value }: Matcher): string {
  if (operator === "=~" || operator === "!~" || value.includes("$")) return value;
  return literally(unescaped(value)).replaceAll("\\", "\\\\");
}

interface Pushed {
  readonly text: string;
  /** Those that could not be pushed all the way, so that something may come through. */
  readonly left: readonly Matcher[];
}

/** Matchers are pushed down to the selectors where that changes nothing of what is kept, so that no more is read than needed. */
function pushed(expr: string, matchers: readonly Matcher[]): Pushed {
  const tree = parser.parse(plainVariables(expr));
  const [top] = childrenOf(tree.topNode);
  if (!top || isBroken(tree.topNode)) return { text: expr, left: matchers };
  const inserted = new Map<number, string>();
  const left = matchers.filter((matcher) => {
    const push = new Push(expr, matcher);
    const complete = push.into(top);
    for (const [at, text] of push.inserted) inserted.set(at, `${inserted.get(at) ?? ""}${text}`);
    return !complete;
  });
  const places = [...inserted].toSorted(([a], [b]) => b - a);
  const text = places.reduce((whole, [at, more]) => whole.slice(0, at) + more + whole.slice(at), expr);
  return { text: text.replaceAll(/\{\s*,\s*/gu, "{").replaceAll("}{", ", "), left };
}

/** Functions that make or lose what a matcher would look at. */
const opaque: ReadonlySet<string> = new Set(["absent", "absent_over_time", "scalar", "vector", "time"]);

/** One matcher on its way down an expression. */
class Push {
  readonly inserted = new Map<number, string>();
  readonly #expr: string;
  readonly #matcher: Matcher;

  constructor(expr: string, matcher: Matcher) {
    this.#expr = expr;
    this.#matcher = matcher;
  }

  /** @returns whether nothing else comes out of it */
  into(node: SyntaxNode): boolean {
    switch (node.name) {
      case "VectorSelector":
        return this.#selector(node);
      case "AggregateExpr":
        return this.#aggregate(node);
      case "FunctionCall":
        return this.#call(node);
      case "BinaryExpr":
        return this.#binary(node);
      case "MatrixSelector":
      case "SubqueryExpr":
      case "OffsetExpr":
      case "StepInvariantExpr":
      case "ParenExpr":
      case "UnaryExpr":
        return childrenOf(node)
          .map((child) => this.into(child))
          .some(Boolean);
      default:
        return false;
    }
  }

  #selector(node: SyntaxNode): boolean {
    const { label, operator, value } = this.#matcher;
    const text = `${label}${operator}"${value}"`;
    const list = node.getChild("LabelMatchers");
    if (list) {
      const isEmpty = list.getChildren("UnquotedLabelMatcher").length === 0;
      const at = list.to - 1;
      this.inserted.set(at, isEmpty ? text : `, ${text}`);
    } else this.inserted.set(node.to, `{${text}}`);
    return true;
  }

  #aggregate(node: SyntaxNode): boolean {
    const modifier = node.getChild("AggregateModifier");
    const given = node.getChild("FunctionCallBody");
    const labels = labelsIn(modifier?.getChild("GroupingLabels"), this.#expr);
    const keeps = modifier?.getChild("By")
      ? labels.includes(this.#matcher.label)
      : modifier !== null && !labels.includes(this.#matcher.label);
    const operator = node.getChild("AggregateOp");
    const made = operator && this.#expr.slice(operator.from, operator.to) === "count_values";
    const body = given ? childrenOf(given).at(-1) : undefined;
    return keeps && made !== true && body !== undefined && this.into(body);
  }

  #call(node: SyntaxNode): boolean {
    const named = node.getChild("FunctionIdentifier");
    const name = named ? this.#expr.slice(named.from, named.to) : "";
    const body = node.getChild("FunctionCallBody");
    const given = body ? childrenOf(body) : [];
    if (opaque.has(name)) return false;
    const [, into] = given.filter(({ name: kind }) => kind === "StringLiteral" || kind !== ",");
    const makes =
      (name === "label_replace" || name === "label_join") && into && this.#expr.slice(into.from + 1, into.to - 1);
    if (makes === this.#matcher.label) return false;
    if (name === "histogram_quantile" && this.#matcher.label === "le") return false;
    return given.map((one) => this.into(one)).some(Boolean);
  }

  #binary(node: SyntaxNode): boolean {
    const operands = operandsOf(node);
    if (!operands) return false;
    const [left, right] = operands;
    const { label } = this.#matcher;
    const clause = node.getChild("MatchingModifierClause");
    const [first, included] = clause?.getChildren("GroupingLabels") ?? [];
    const listed = labelsIn(first, this.#expr).includes(label);
    const matched = !clause || (clause.getChild("On") ? listed : clause.getChild("Ignoring") ? !listed : true);
    const operator = /^\s*(\S+?)\b/u.exec(this.#expr.slice(left.to, right.from))?.[1] ?? "";
    if (operator === "or") {
      if (!matched) return false;
      const both = [this.into(left), this.into(right)];
      return both.every(Boolean);
    }
    if (operator === "and" || operator === "unless") {
      const complete = this.into(left);
      if (matched) this.into(right);
      return complete;
    }
    if (matched) return [this.into(left), this.into(right)].some(Boolean);
    const [many, one] = clause?.getChild("GroupLeft")
      ? [left, right]
      : clause?.getChild("GroupRight")
        ? [right, left]
        : [];
    if (!many || !one) return false;
    return this.into(labelsIn(included, this.#expr).includes(label) ? one : many);
  }
}
