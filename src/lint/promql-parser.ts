import {
  aggregate,
  atModifier,
  binary,
  Checker,
  type CheckOptions,
  durationExpression,
  durationLiteral,
  functionCall,
  matrixSelector,
  numberLiteral,
  offset,
  type Operand,
  type Operator,
  parens,
  rangeLiteral,
  smoothing,
  stringLiteral,
  subquery,
  trimmed,
  unary,
  vectorSelector,
} from "./promql-check.ts";
import { labelsOfList } from "./promql-lists.ts";
import type { Token } from "./promql-tokens.ts";
import type { Promql } from "./promql-types.ts";

/**
 * Parses the words of an expression and checks it on the way, or gives the index of the first word that does not fit.
 *
 * By the precedence of operators, with stacks of its own: an expression may be nested deeper than the call stack.
 */
export function parseTokens(options: CheckOptions): Promql | number {
  return new Parser(options).run();
}

/** An expression whose end has not come yet. */
interface Open {
  readonly kind: "whole" | "parens" | "function" | "aggregate";
  /** Its first word. */
  readonly from: number;
  /** Where its own operands and operators begin on the stacks. */
  readonly operands: number;
  readonly operators: number;
  /** The labels of an aggregation, once they are read. */
  grouping: Grouping | undefined;
}

interface Grouping {
  readonly by: boolean;
  readonly labels: readonly string[];
  /** The word `by` or `without`. */
  readonly from: number;
}

const deepestDuration = 500;
const unaryPrecedence = 5;
const powPrecedence = 6;

/** How tightly binary operators bind, as in the server's grammar. */
const precedences: ReadonlyMap<string, number> = new Map([
  ["or", 1],
  ...["and", "unless"].map((op) => [op, 2] as const),
  ...["==", "!=", "<=", "<", ">=", ">", "</", ">/"].map((op) => [op, 3] as const),
  ...["+", "-"].map((op) => [op, 4] as const),
  ...["*", "/", "%", "atan2"].map((op) => [op, 5] as const),
  ["^", powPrecedence],
]);

function operatorAt(text: string, from: number, precedence: number, unary = false): Operator {
  return { text, from, precedence, unary, bool: false, matching: undefined, group: undefined, fills: false };
}

class Parser {
  private readonly tokens: readonly Token[];
  private readonly checker: Checker;
  private readonly operands: Operand[] = [];
  private readonly operators: Operator[] = [];
  private readonly opens: Open[] = [{ kind: "whole", from: 0, operands: 0, operators: 0, grouping: undefined }];
  private at = 0;
  /** How deep a duration is nested, the only part that is read recursively. */
  private nesting = 0;
  private tooDeep = false;

  constructor(options: CheckOptions) {
    this.tokens = options.tokens;
    this.checker = new Checker(options);
  }

  run(): Promql | number {
    for (;;) {
      const next = this.operand() ? this.afterOperand() : "misfit";
      if (next === "operand") continue;
      if (this.tooDeep) return this.checker.tooDeep();
      return next === "end" ? this.checker.result(this.operands[0]) : this.at;
    }
  }

  /** To the end of one operand, and of what opens before it; false where a word does not fit. */
  private operand(): boolean {
    for (;;) {
      const { at, tokens, checker } = this;
      const token = tokens[at];
      switch (token?.kind) {
        case "number":
          this.at++;
          this.operands.push(numberLiteral(at, at + 1, checker));
          return true;
        case "string":
          this.at++;
          this.operands.push(stringLiteral(at, checker));
          return true;
        case "name":
        case "matchers":
          return this.selector();
        case "function":
        case "aggregation":
          if (!this.openCall(token)) return false;
          if (this.text() !== ")") break;
          return this.close();
        case "mark":
          if (token.text === "{") return this.selector();
          this.at++;
          if (token.text === "(") {
            this.open("parens", at);
          } else if (token.text === "+" || token.text === "-") {
            if (tokens[at + 1]?.kind === "number" && tokens[at + 2]?.text !== "^") {
              this.at++;
              this.operands.push(numberLiteral(at, at + 2, checker));
              return true;
            }
            this.operators.push(operatorAt(token.text, at, unaryPrecedence, true));
          } else {
            this.at = at;
            return false;
          }
          break;
        default:
          return false;
      }
    }
  }

  /** Modifiers, closing parentheses, and the operator or comma that leads to the next operand. */
  private afterOperand(): "operand" | "end" | "misfit" {
    for (;;) {
      const { at } = this;
      const token = this.tokens[at];
      if (!token) {
        this.reduce(0);
        return this.opens.length === 1 ? "end" : "misfit";
      }
      if (token.kind === "range") {
        this.at++;
        const range = rangeLiteral(at, this.checker);
        this.operands.push(matrixSelector(this.operands.pop() as Operand, range, this.at, this.checker));
        continue;
      }
      if (token.kind !== "mark" && token.kind !== "keyword") return "misfit";
      const { text } = token;
      const precedence = precedences.get(text);
      if (precedence !== undefined) {
        this.reduce(precedence);
        this.at++;
        return this.operator(text, at, precedence) ? "operand" : "misfit";
      }
      switch (text) {
        case ")":
          this.reduce(0);
          if (this.opens.length === 1 || !this.close()) return "misfit";
          break;
        case ",": {
          const { kind } = this.innermost();
          if (kind !== "function" && kind !== "aggregate") return "misfit";
          this.reduce(0);
          this.at++;
          return "operand";
        }
        case "[":
          this.at++;
          if (!this.range()) return "misfit";
          break;
        case "@":
          this.at++;
          if (!this.timestamp()) return "misfit";
          break;
        case "offset":
          this.at++;
          if (!this.offset()) return "misfit";
          break;
        case "anchored":
        case "smoothed":
          this.at++;
          this.modify((inner) => smoothing(inner, { to: this.at, checker: this.checker }));
          break;
        default:
          return "misfit";
      }
    }
  }

  private innermost(): Open {
    return this.opens[this.opens.length - 1] as Open;
  }

  private text(): string | undefined {
    const token = this.tokens[this.at];
    return token && (token.kind === "mark" || token.kind === "keyword") ? token.text : undefined;
  }

  /** Steps over a mark or keyword, if it is the next word. */
  private skip(text: string): boolean {
    if (this.text() !== text) return false;
    this.at++;
    return true;
  }

  private open(kind: Open["kind"], from: number): Open {
    const { operands, operators } = this;
    const open: Open = { kind, from, operands: operands.length, operators: operators.length, grouping: undefined };
    this.opens.push(open);
    return open;
  }

  private openCall({ kind, text }: Token): boolean {
    const from = this.at;
    this.at++;
    const open = this.open(kind === "aggregation" ? "aggregate" : "function", from);
    this.checker.calls.push(text);
    return (open.kind === "function" || this.grouping(open)) && this.skip("(");
  }

  /** `by (…)` or `without (…)`, if it is there. */
  private grouping(open: Open): boolean {
    const from = this.at;
    const word = this.text();
    if (word !== "by" && word !== "without") return true;
    this.at++;
    const labels = this.labels();
    if (labels) open.grouping = { by: word === "by", labels, from };
    return labels !== undefined;
  }

  /** Labels in parentheses; nothing where a word does not fit. */
  private labels(): readonly string[] | undefined {
    const list = this.tokens[this.at];
    if (list?.kind === "labels") {
      this.at++;
      return labelsOfList(list.text);
    }
    if (!this.skip("(")) return undefined;
    const labels: string[] = [];
    while (!this.skip(")")) {
      if (labels.length > 0 && !this.skip(",")) return undefined;
      if (labels.length > 0 && this.skip(")")) break;
      const label = this.tokens[this.at];
      if (label?.kind !== "label") return undefined;
      labels.push(label.text);
      this.at++;
    }
    return trimmed(labels);
  }

  /** At the `)` of the innermost open expression, of which all operators are done. */
  private close(): boolean {
    const { checker } = this;
    const open = this.innermost();
    this.at++;
    const kids = this.kidsOf(open);
    if (open.kind === "aggregate" && !open.grouping && !this.grouping(open)) return false;
    this.opens.pop();
    const node = { from: open.from, to: this.at, kids };
    if (open.kind === "parens") {
      this.operands.push(parens(node, checker));
      return true;
    }
    const { grouping } = open;
    this.operands.push(open.kind === "function" ? functionCall(node, checker) : aggregate(node, grouping, checker));
    checker.calls.pop();
    return true;
  }

  /** The operands since it was opened. Lists that grow take room for many more, and mostly there is one. */
  private kidsOf({ operands: first }: Open): readonly Operand[] {
    const { operands } = this;
    if (operands.length === first + 1) return [operands.pop() as Operand];
    return operands.splice(first);
  }

  /** Applies the open operators that bind at least as tightly as the next. */
  private reduce(next: number): void {
    const { operators, operands, checker } = this;
    const { operators: first } = this.innermost();
    while (operators.length > first) {
      const operator = operators[operators.length - 1] as Operator;
      if (operator.precedence < next || (operator.precedence === next && next === powPrecedence)) break;
      operators.pop();
      const right = operands.pop() as Operand;
      operands.push(
        operator.unary ? unary(operator, right, checker) : binary(operator, operands.pop() as Operand, right, checker),
      );
    }
  }

  /** A binary operator with all that may stand before its right side. */
  private operator(text: string, from: number, precedence: number): boolean {
    const operator = operatorAt(text, from, precedence);
    this.operators.push(operator);
    const next = this.tokens[this.at];
    if (next?.kind !== "keyword") return true;
    operator.bool = this.skip("bool");
    const clause = this.text();
    if (clause === "on" || clause === "ignoring") {
      this.at++;
      const labels = this.labels();
      if (!labels) return false;
      operator.matching = { on: clause === "on", labels };
      const group = this.text();
      if (group === "group_left" || group === "group_right") {
        this.at++;
        const include = this.tokens[this.at]?.place === "labels" ? this.labels() : [];
        if (!include) return false;
        operator.group = { side: group === "group_left" ? "left" : "right", include };
      }
    }
    return this.fills(operator);
  }

  private fills(operator: Operator): boolean {
    const first = this.text();
    if (first !== "fill" && first !== "fill_left" && first !== "fill_right") return true;
    operator.fills = true;
    if (!this.fill()) return false;
    const other = first === "fill_left" ? "fill_right" : first === "fill_right" ? "fill_left" : undefined;
    return other === undefined || this.text() !== other || this.fill();
  }

  private fill(): boolean {
    this.at++;
    if (!this.skip("(")) return false;
    if (!this.skip("-")) this.skip("+");
    if (this.tokens[this.at]?.kind !== "number") return false;
    this.at++;
    return this.skip(")");
  }

  private selector(): boolean {
    const from = this.at;
    if (this.tokens[from]?.kind === "name") this.at++;
    if (this.tokens[this.at]?.kind === "matchers") this.at++;
    else if (this.text() === "{" && !this.matchers()) return false;
    this.operands.push(vectorSelector(from, this.at, this.checker));
    return true;
  }

  private matchers(): boolean {
    this.at++;
    for (let first = true; !this.skip("}"); first = false) {
      if (!first) {
        if (!this.skip(",")) return false;
        if (this.skip("}")) return true;
      }
      const token = this.tokens[this.at];
      const { kind } = token ?? {};
      if (kind !== "label" && kind !== "string" && kind !== "matcher") return false;
      this.at++;
      const op = this.text();
      if (op === "=" || op === "!=" || op === "=~" || op === "!~") {
        this.at++;
        if (this.tokens[this.at]?.kind !== "string") return false;
        this.at++;
      } else if (kind === "label") {
        return false;
      }
    }
    return true;
  }

  private modify(by: (inner: Operand) => Operand): void {
    this.operands.push(by(this.operands.pop() as Operand));
  }

  private range(): boolean {
    const range = this.duration(0);
    if (!range) return false;
    if (this.skip("]")) {
      this.modify((series) => matrixSelector(series, range, this.at, this.checker));
      return true;
    }
    if (!this.skip(":")) return false;
    const open = this.text() === "]";
    const step = open ? undefined : this.duration(0);
    if ((!open && !step) || !this.skip("]")) return false;
    this.modify((inner) => {
      const kids = step ? [inner, range, step] : [inner, range];
      return subquery({ from: inner.from, to: this.at, kids }, this.checker);
    });
    return true;
  }

  private timestamp(): boolean {
    const from = this.at;
    let time: Operand | undefined;
    if (this.skip("start") || this.skip("end")) {
      if (!this.skip("(") || !this.skip(")")) return false;
    } else {
      if (!this.skip("-")) this.skip("+");
      if (this.tokens[this.at]?.kind !== "number") return false;
      this.at++;
      time = numberLiteral(from, this.at, this.checker);
    }
    this.modify((inner) => atModifier(inner, { time, to: this.at, checker: this.checker }));
    return true;
  }

  private offset(): boolean {
    const by = this.duration(0);
    if (!by) return false;
    this.modify((inner) => offset(inner, { by, to: this.at, checker: this.checker }));
    return true;
  }

  /**
   * A duration with all operators that bind at least so tightly; nothing where a word does not fit. The words know
   * whether a duration may go on, which one outside brackets and parentheses does not.
   */
  private duration(least: number): Operand | undefined {
    this.nesting++;
    this.tooDeep ||= this.nesting > deepestDuration;
    let left = this.tooDeep ? undefined : this.durationTerm();
    while (left && this.tokens[this.at]?.place === "duration") {
      const precedence = precedences.get(this.text() ?? "");
      if (precedence === undefined || precedence < least) break;
      this.at++;
      const right = this.duration(precedence === powPrecedence ? precedence : precedence + 1);
      left = right && durationExpression({ from: left.from, to: this.at, kids: [left, right] }, this.checker);
    }
    this.nesting--;
    return left;
  }

  private durationTerm(): Operand | undefined {
    const from = this.at;
    const token = this.tokens[from];
    if (token?.place !== "duration") return undefined;
    this.at++;
    const kids = token.kind === "number" ? [durationLiteral(from, this.checker)] : this.durationParts(token.text);
    if (!kids) return undefined;
    return durationExpression({ from, to: this.at, kids }, this.checker);
  }

  /** What follows the first word of a duration that is no number. */
  private durationParts(first: string): Operand[] | undefined {
    switch (first) {
      case "-":
      case "+": {
        const signed = this.duration(powPrecedence);
        return signed && [signed];
      }
      case "(": {
        const inner = this.duration(0);
        return inner && this.skip(")") ? [inner] : undefined;
      }
      case "step":
      case "range":
        return this.skip("(") && this.skip(")") ? [] : undefined;
      case "min_of":
      case "max_of": {
        const a = this.skip("(") ? this.duration(0) : undefined;
        const b = a && this.skip(",") ? this.duration(0) : undefined;
        return a && b && this.skip(")") ? [a, b] : undefined;
      }
      default:
        this.at--;
        return undefined;
    }
  }
}
