import { parseLogql } from "./logql.ts";
import { parsePromql } from "./promql.ts";
import type { PromqlOptions } from "./promql-types.ts";
import type { Expression } from "./subject.ts";
import { parseTraceql } from "./traceql.ts";

/** Parses expressions; one that is written many times is parsed once. */
export class ExpressionReader {
  private readonly known = new Map<string, Map<string, Parsed>>();
  private readonly options: PromqlOptions;
  private readonly inBoards: PromqlOptions;

  constructor(options: PromqlOptions) {
    this.options = options;
    this.inBoards = { ...options, grafana: true };
  }

  read({ language, text, dashboard }: Pick<Expression, "language" | "text" | "dashboard">): Parsed {
    const kind = dashboard ? `${language} of a board` : language;
    let known = this.known.get(kind);
    if (!known) this.known.set(kind, (known = new Map()));
    const before = known.get(text);
    if (before) return before;
    const parsed = this.parse({ language, text, dashboard });
    known.set(text, parsed);
    return parsed;
  }

  private parse({ language, text, dashboard }: Pick<Expression, "language" | "text" | "dashboard">): Parsed {
    const grafana = { grafana: dashboard };
    if (language === "logql") {
      const logql = parseLogql(text, grafana);
      return { ...unread, logql, tree: logql.tree };
    }
    if (language === "traceql") return { ...unread, traceql: parseTraceql(text, grafana) };
    const promql = parsePromql(text, dashboard ? this.inBoards : this.options);
    return { promql, logql: undefined, traceql: undefined, tree: promql.tree };
  }
}

type Parsed = Pick<Expression, "promql" | "logql" | "traceql" | "tree">;

const unread: Parsed = { promql: undefined, logql: undefined, traceql: undefined, tree: undefined };
