import { remembered } from "../remembered.ts";
import { secondsOf } from "../duration.ts";
import { type Token, tokenize } from "../lint/promql-tokens.ts";

/**
 * One text for all ways to lay out an expression: blanks, comments, quotes, `60s` or `1m`, where `by` stands, the order of
 * matchers. What is no PromQL, such as LogQL, only loses its blanks.
 */
export function promqlForm(text: string): string {
  return forms(text, formOf);
}

/** Tenants have the same rules. So many are a few megabytes. */
const forms = remembered<string>(10_000);

function formOf(text: string): string {
  const { tokens, errors } = tokenize(text, { grafana: true });
  return errors.length > 0 || tokens.length === 0
    ? oneLine(text)
    : joined(new Form(text, tokens).words(0, tokens.length));
}

/** Quoted texts as they are, and one blank wherever there are some. */
function oneLine(text: string): string {
  return text.trim().replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|\s+/gu, (match) => (/^\s/u.test(match) ? " " : match));
}

/** As people write it: `sum by (a) (rate(up{b="c"}[300s]))`. */
function joined(parts: readonly string[]): string {
  let line = "";
  let last = "(";
  for (const part of parts) {
    const isApart = !/^[)\],}[]$/u.test(part) && !/[([{]$/u.test(last) && !(part === "{" && /[\w:]$/u.test(last));
    line += isApart ? ` ${part}` : part;
    last = part;
  }
  return line.trim();
}

/** The words of an expression in the order in which they are to be written. */
class Form {
  private readonly text: string;
  private readonly tokens: readonly Token[];
  /** Behind the bracket that closes the one at an index. */
  private readonly closed = new Map<number, number>();

  constructor(text: string, tokens: readonly Token[]) {
    this.text = text;
    this.tokens = tokens;
    const open: number[] = [];
    tokens.forEach((token, at) => {
      if (isMark(token, "([{")) open.push(at);
      else if (isMark(token, ")]}")) this.closed.set(open.pop() ?? at, at + 1);
    });
  }

  words(from: number, to: number): string[] {
    const found: string[] = [];
    for (let at = from; at < to;) {
      const [words, next] = this.next(at);
      found.push(...words);
      at = next;
    }
    return found;
  }

  private next(at: number): readonly [words: readonly string[], next: number] {
    const token = this.tokens[at] as Token;
    const following = this.tokens[at + 1];
    if (token.kind === "aggregation") return this.aggregation(at);
    if (token.kind === "function" && isMark(following, "(")) return [[`${this.written(token)}(`], at + 2];
    if (isMark(token, "{") || (isMark(token, "(") && token.place === "labels")) {
      const end = this.closed.get(at) ?? at + 1;
      return [[token.text, ...this.sorted(at + 1, end - 1), this.tokens[end - 1]?.text ?? ""], end];
    }
    if (isMark(token, "+-") && token.place !== "operator" && following?.kind === "number") {
      return [[`${token.text === "-" ? "-" : ""}${number(this.written(following))}`], at + 2];
    }
    return [[this.written(token)], at + 1];
  }

  /** Labels that are kept stand before what is aggregated. */
  private aggregation(at: number): readonly [words: readonly string[], next: number] {
    const words = [this.written(this.tokens[at] as Token)];
    const before = this.grouping(at + 1);
    const body = this.closed.get(before) ?? before;
    const after = before > at + 1 ? body : this.grouping(body);
    words.push(...this.words(at + 1, before), ...this.words(body, after), ...this.words(before, body));
    return [words, after];
  }

  /** Behind the `by (…)` or `without (…)` that stands here, if one does. */
  private grouping(at: number): number {
    const { kind, text } = this.tokens[at] ?? {};
    return kind === "keyword" && (text === "by" || text === "without") ? (this.closed.get(at + 1) ?? at) : at;
  }

  /** Matchers or labels: their order says nothing, nor does a comma behind the last. */
  private sorted(from: number, to: number): string[] {
    const members = [""];
    for (const token of this.tokens.slice(from, to)) {
      if (isMark(token, ",")) members.push("");
      else members.push((members.pop() ?? "") + this.written(token));
    }
    return [
      members
        .filter((member) => member !== "")
        .toSorted()
        .join(","),
    ];
  }

  private written({ kind, from, to, text }: Token): string {
    const raw = this.text.slice(from, to);
    if (kind === "number") return number(raw);
    if (kind === "string" || (kind === "label" && /^["'`]/u.test(raw))) return quoted(raw);
    return kind === "keyword" || kind === "aggregation" ? text : raw;
  }
}

function isMark(token: Token | undefined, marks: string): boolean {
  return token?.kind === "mark" && marks.includes(token.text);
}

/** In double quotes, where that needs no knowledge of escapes. */
function quoted(text: string): string {
  const inner = text.slice(1, -1);
  return /[\\"\n]/u.test(inner) ? text : `"${inner}"`;
}

function number(text: string): string {
  if (/^\d+(ms|[smhdwy])/u.test(text)) return `${secondsOf(text)}s`;
  const value = Number(text);
  return Number.isFinite(value) ? String(value) : text.toLowerCase();
}
