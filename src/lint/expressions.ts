import { parseLogql } from "./logql.ts";
import { parsePromql } from "./promql.ts";
import type { PromqlOptions } from "./promql-types.ts";
import type { Expression } from "./subject.ts";
import { parseTraceql } from "./traceql.ts";

/** Parses expressions; one that is written many times is parsed once. */
export class ExpressionReader {
  private readonly known = new Map<string, Map<string, Parsed>>();
  private readonly options: PromqlOptions;

  constructor(options: PromqlOptions) {
    this.options = options;
  }

  read({ language, text, dashboard }: Pick<Expression, "language" | "text" | "dashboard">): Parsed {
    const kind = dashboard ? `${language} of a board` : language;
    const known = this.known.get(kind) ?? new Map<string, Parsed>();
    this.known.set(kind, known);
    const before = known.get(text);
    if (before) return before;
    const parsed = this.parse({ language, text, dashboard });
    known.set(text, parsed);
    return parsed;
  }

  private parse({ language, text, dashboard }: Pick<Expression, "language" | "text" | "dashboard">): Parsed {
    const grafana = { grafana: dashboard };
    const [promql, logql, traceql, tree] = [undefined, undefined, undefined, undefined];
    if (language === "logql") return { promql, logql: parseLogql(text, grafana), traceql, tree };
    if (language === "traceql") return { promql, logql, traceql: parseTraceql(text, grafana), tree };
    const read = parsePromql(text, { ...this.options, ...grafana });
    return { promql: read, logql, traceql, tree: read.tree };
  }
}

type Parsed = Pick<Expression, "promql" | "logql" | "traceql" | "tree">;
