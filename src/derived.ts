import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

/** What a rewrite needs to know of a fleet whose agents do not attach every label of the place. */
export interface Derivation {
  /** The labels that series lack, by the fleet's names. */
  readonly derived: readonly string[];
  /** The label that says which cluster a series is from; absent where it is lacking itself, in a fleet of one cluster. */
  readonly key?: string;
  /** Names of recorded series: rules have given them all labels already. */
  readonly recorded: ReadonlySet<string>;
}

/** The series that knows the labels of every cluster. */
const inventory = "cluster:inventory:info";

/**
 * The same question, of series that lack labels: they are joined from the inventory, by cluster. What is aggregated by
 * cluster is aggregated first and joined afterwards, so that a join costs a series per cluster and not one per pod. What
 * cannot be parsed is given back as it is, for a check to say what is wrong with it.
 */
export function withDerived(expr: string, derivation: Derivation): string {
  const tree = parser.parse(plainVariables(expr));
  const top = tree.topNode.firstChild;
  if (!top || isBroken(tree.topNode)) return expr;
  const rewrite = new Rewrite(expr, derivation);
  return rewrite.complete(rewrite.part(top));
}

/** A selector that only lists series, for the values of a variable: nothing can be joined there. */
export function withoutDerived(selector: string, { derived, recorded }: Derivation): string {
  const [, name = ""] = /^([\w:]*)/u.exec(selector) ?? [];
  return recorded.has(name) ? selector : stripped(selector, derived);
}

/** A text without its matchers of these labels: LogQL writes them as PromQL does. */
export function stripped(text: string, labels: readonly string[]): string {
  return labels.reduce((rest, label) => {
    const matcher = String.raw`\b${label}\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"`;
    return rest
      .replaceAll(new RegExp(String.raw`${matcher}\s*,\s*`, "gu"), "")
      .replaceAll(new RegExp(String.raw`(?:,\s*)?${matcher}`, "gu"), "");
  }, text);
}

/** A part of an expression, rewritten. */
interface Part {
  readonly text: string;
  /** What must still be joined to it; absent where it has all its labels. */
  readonly join?: Join;
  /** A number, whatever the series. */
  readonly scalar?: boolean;
  /** Two operands, which another operator could tear apart. */
  readonly binary?: boolean;
}

interface Join {
  /** Labels that the result should have. */
  readonly adds: readonly string[];
  /** Matchers of these labels, as written: they choose among the clusters. */
  readonly matchers: readonly string[];
}

/** Aggregations that a label of the cluster's does not change. */
const plainAggregations: ReadonlySet<string> = new Set(["sum", "avg", "min", "max", "count", "group"]);

/** Functions after which a join would come too late, or lose what they made. */
const notThrough: ReadonlySet<string> = new Set([
  "absent",
  "absent_over_time",
  "scalar",
  "sort",
  "sort_desc",
  "sort_by_label",
  "sort_by_label_desc",
]);

const setOperators: ReadonlySet<string> = new Set(["and", "or", "unless"]);

class Rewrite {
  readonly #expr: string;
  readonly #derivation: Derivation;

  constructor(expr: string, derivation: Derivation) {
    this.#expr = expr;
    this.#derivation = derivation;
  }

  /**
   * With its labels.
   * @param wanted those that anyone looks at
   */
  complete({ text, join, binary }: Part, wanted: readonly string[] = this.#derivation.derived): string {
    if (!join) return text;
    const { key } = this.#derivation;
    const adds = join.adds.filter((label) => wanted.includes(label));
    if (adds.length === 0 && join.matchers.length === 0) return text;
    const where = join.matchers.length === 0 ? "" : `{${join.matchers.join(", ")}}`;
    const on = key ?? "";
    const operand = binary === true ? `(${text})` : text;
    if (adds.length === 0) return `${operand} and on (${on}) ${inventory}${where}`;
    const by = [...(key === undefined ? [] : [key]), ...adds].join(", ");
    return `${operand} * on (${on}) group_left (${adds.join(", ")}) max by (${by}) (${inventory}${where})`;
  }

  /** The same as an operand. */
  joined(part: Part): string {
    const text = this.complete(part);
    return text === part.text ? text : `(${text})`;
  }

  /** @param modified followed by a range, an offset or a moment, so that it has to stay a selector */
  part(node: SyntaxNode, modified = false): Part {
    switch (node.name) {
      case "VectorSelector":
        return this.#selector(node, modified);
      case "MatrixSelector":
      case "SubqueryExpr":
      case "OffsetExpr":
      case "StepInvariantExpr":
        return this.#modified(node);
      case "ParenExpr":
        return this.#around(node, childrenOf(node)[0]);
      case "UnaryExpr":
        return this.#around(node, childrenOf(node).at(-1));
      case "FunctionCall":
        return this.#call(node);
      case "AggregateExpr":
        return this.#aggregate(node);
      case "BinaryExpr":
        return this.#binary(node);
      case "NumberDurationLiteral":
        return { text: this.#text(node), scalar: true };
      default:
        return { text: this.#text(node) };
    }
  }

  #text({ from, to }: Pick<SyntaxNode, "from" | "to">): string {
    return this.#expr.slice(from, to);
  }

  #selector(node: SyntaxNode, modified: boolean): Part {
    const written = this.#text(node);
    const named = node.getChild("Identifier");
    const name = named ? this.#text(named) : "";
    const { derived, recorded } = this.#derivation;
    if (recorded.has(name)) return { text: written };
    const matchers = (node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? []).map((one) => ({
      text: this.#text(one),
      label: one.firstChild ? this.#text(one.firstChild) : "",
    }));
    const own = matchers.filter(({ label }) => derived.includes(label)).map(({ text }) => text);
    const kept = own.length === 0 ? written : stripped(written, derived).replace(/\{\s*\}$/u, "");
    const raw: Part = { text: kept, join: { adds: derived, matchers: own } };
    const [first] = derived;
    if (!name.startsWith("ALERTS") || modified || first === undefined) return raw;
    // Alerts that our rules made have the labels; those of somebody else's rules have what the series had.
    const also = (selector: string, matcher: string): string =>
      selector.endsWith("}") ? `${selector.slice(0, -1)}, ${matcher}}` : `${selector}{${matcher}}`;
    const theirs = this.joined({ ...raw, text: also(kept, `${first}=""`) });
    return { text: `(${also(written, `${first}!=""`)} or ${theirs})` };
  }

  /** A range, an offset or a moment of what stands before it. The grammar gives `a + b offset 5m` to the sum, servers to `b`. */
  #modified(node: SyntaxNode): Part {
    const [inside] = childrenOf(node);
    if (!inside) return { text: this.#text(node) };
    const suffix = this.#expr.slice(inside.to, node.to);
    const operands = inside.name === "BinaryExpr" ? operandsOf(inside) : undefined;
    if (operands && node.name !== "SubqueryExpr") return this.#binary(inside, suffix);
    const part = this.part(inside, true);
    return { ...part, text: part.text + suffix };
  }

  #around(node: SyntaxNode, inside: SyntaxNode | undefined): Part {
    if (!inside) return { text: this.#text(node) };
    const { binary, ...part } = this.part(inside);
    // A minus binds weaker than what follows it.
    const apart = node.name === "UnaryExpr" || (binary === true && node.name !== "ParenExpr");
    return {
      ...part,
      ...(apart && { binary: true }),
      text: this.#expr.slice(node.from, inside.from) + part.text + this.#expr.slice(inside.to, node.to),
    };
  }

  #call(node: SyntaxNode): Part {
    const name = this.#text(node.getChild("FunctionIdentifier") ?? node);
    const body = node.getChild("FunctionCallBody");
    const given = body ? childrenOf(body) : [];
    const parts = given.map((one) => this.part(one));
    const touched = given.some(
      (one) => one.name === "StringLiteral" && this.#placeLabels().includes(this.#text(one).slice(1, -1)),
    );
    const pending = parts.filter(({ join }) => join !== undefined);
    const [only] = pending;
    if (only?.join && pending.length === 1 && !notThrough.has(name) && !touched) {
      return { text: `${name}(${parts.map(({ text }) => text).join(", ")})`, join: only.join };
    }
    return {
      text: `${name}(${parts.map((one) => this.complete(one)).join(", ")})`,
      scalar: ["time", "scalar", "pi"].includes(name),
    };
  }

  #placeLabels(): readonly string[] {
    const { derived, key } = this.#derivation;
    return key === undefined ? derived : [key, ...derived];
  }

  #aggregate(node: SyntaxNode): Part {
    const operator = this.#text(node.getChild("AggregateOp") ?? node);
    const modifier = node.getChild("AggregateModifier");
    const given = node.getChild("FunctionCallBody");
    const parts = (given ? childrenOf(given) : []).map((one) => this.part(one));
    const body = parts.at(-1);
    const by = modifier?.getChild("By") ? this.#labels(modifier.getChild("GroupingLabels")) : undefined;
    const print = (labels: readonly string[] | undefined, last: string): string => {
      const grouped = labels !== undefined ? ` by (${labels.join(", ")})` : modifier ? ` ${this.#text(modifier)}` : "";
      const parameters = parts.slice(0, -1).map((one) => `${this.complete(one)}, `);
      return `${operator}${grouped} (${parameters.join("")}${last})`;
    };
    if (!body?.join) return { text: print(by, body?.text ?? "") };
    const { derived, key } = this.#derivation;
    // `without` keeps the labels of the place.
    if (modifier && by === undefined) return { text: print(undefined, this.complete(body)) };
    const wanted = derived.filter((label) => by?.includes(label) === true && body.join?.adds.includes(label) === true);
    const perCluster = key === undefined || by?.includes(key) === true;
    if (perCluster && plainAggregations.has(operator)) {
      const rest = by?.filter((label) => !derived.includes(label));
      return { text: print(rest, body.text), join: { adds: wanted, matchers: body.join.matchers } };
    }
    // Of these the series stay themselves, with all their labels.
    if (["topk", "bottomk", "limitk", "limit_ratio"].includes(operator))
      return { text: print(by, this.complete(body)) };
    return { text: print(by, this.complete(body, wanted)) };
  }

  #labels(list: SyntaxNode | null): string[] {
    return (list?.getChildren("LabelName") ?? []).map((one) => this.#text(one));
  }

  #binary(node: SyntaxNode, suffix = ""): Part {
    const operands = operandsOf(node);
    if (!operands) return { text: this.#text(node) + suffix };
    const [leftNode, rightNode] = operands;
    const left = this.part(leftNode);
    const right = suffix === "" ? this.part(rightNode) : withSuffix(this, rightNode, suffix);
    const between = this.#expr.slice(leftNode.to, rightNode.from);
    const text = left.text + between + right.text;
    if (!left.join && !right.join) return { text, binary: true, scalar: left.scalar === true && right.scalar === true };
    if (left.join && right.scalar === true) return { text, binary: true, join: left.join };
    if (right.join && left.scalar === true) return { text, binary: true, join: right.join };
    return { binary: true, ...this.#matched({ node, left, right, between }) };
  }

  /** Two vectors. Where they are matched on the cluster, its other labels need not be matched too, and are joined afterwards. */
  #matched({ node, left, right, between }: Matching): Part {
    const { derived, key } = this.#derivation;
    const clause = node.getChild("MatchingModifierClause");
    const [first = null, included = null] = clause?.getChildren("GroupingLabels") ?? [];
    const on = clause?.getChild("On") ? this.#labels(first) : undefined;
    const operator = /^\s*(\S+)/u.exec(between)?.[1] ?? "";
    const both: Part = { text: this.joined(left) + between + this.joined(right) };
    const alike = sameJoin(left.join, right.join);
    if (!clause) return alike && left.join ? { text: left.text + between + right.text, join: left.join } : both;
    const perCluster = on !== undefined && (key === undefined || on.includes(key));
    if (!perCluster || operator === "or" || clause.getChild("GroupRight")) return both;
    if (this.#labels(included).some((label) => derived.includes(label)) && right.join) return both;
    const bare = between.replace(
      /\bon\s*\([^)]*\)/u,
      () => `on (${on.filter((one) => !derived.includes(one)).join(", ")})`,
    );
    const text = left.text + bare + right.text;
    // What is left of both has the labels of the side that is kept, or else those on which they are matched.
    const keepsLeft = setOperators.has(operator) || clause.getChild("GroupLeft") !== null;
    if (alike && left.join) {
      const adds = keepsLeft ? left.join.adds : left.join.adds.filter((label) => on.includes(label));
      return { text, join: { ...left.join, adds } };
    }
    if (!keepsLeft) return both;
    if (left.join && !right.join) return { text, join: left.join };
    return right.join?.matchers.length === 0 && !left.join ? { text } : both;
  }
}

interface Matching {
  readonly node: SyntaxNode;
  readonly left: Part;
  readonly right: Part;
  readonly between: string;
}

/** The right operand takes what follows the sum. */
function withSuffix(rewrite: Rewrite, node: SyntaxNode, suffix: string): Part {
  const part = rewrite.part(node, true);
  return { ...part, text: part.text + suffix };
}

function sameJoin(one: Join | undefined, other: Join | undefined): boolean {
  return one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}

const operandNames: ReadonlySet<string> = new Set([
  "VectorSelector",
  "MatrixSelector",
  "SubqueryExpr",
  "OffsetExpr",
  "StepInvariantExpr",
  "ParenExpr",
  "UnaryExpr",
  "FunctionCall",
  "AggregateExpr",
  "BinaryExpr",
  "NumberDurationLiteral",
  "StringLiteral",
]);

export function operandsOf(node: SyntaxNode): readonly [SyntaxNode, SyntaxNode] | undefined {
  const operands = childrenOf(node).filter(({ name }) => operandNames.has(name));
  const [left, right] = operands;
  return left && right && operands.length === 2 ? [left, right] : undefined;
}

export function isBroken(node: SyntaxNode): boolean {
  let broken = false;
  node.cursor().iterate((one) => {
    broken ||= one.type.isError;
  });
  return broken;
}

/** Grafana's variables as something of the same length that parses: a duration in brackets, a name elsewhere. */
export function plainVariables(expr: string): string {
  return expr.replaceAll(/\$\{[^}]*\}|\$\w+/gu, (variable, at: number) => {
    const before = expr.slice(0, at);
    const inBrackets = before.lastIndexOf("[") > before.lastIndexOf("]");
    return inBrackets ? `${"1".repeat(variable.length - 1)}m` : "x".repeat(variable.length);
  });
}
