import { parseLogql } from "./logql.ts";
import { parsePromql } from "./promql.ts";
import type { PromqlOptions } from "./promql-types.ts";
import type { Expression } from "./subject.ts";
import { parseTraceql } from "./traceql.ts";

/** Parses expressions; one that is written many times is parsed once. */
export class ExpressionReader {
  private readonly known = new Map<string, Parsed>();
  private readonly options: PromqlOptions;

  constructor(options: PromqlOptions) {
    this.options = options;
  }

  read({ language, text, dashboard }: Pick<Expression, "language" | "text" | "dashboard">): Parsed {
    const key = `${language} ${dashboard} ${text}`;
    const known = this.known.get(key);
    if (known) return known;
    const parsed = this.parse({ language, text, dashboard });
    this.known.set(key, parsed);
    return parsed;
  }

  private parse({ language, text, dashboard }: Pick<Expression, "language" | "text" | "dashboard">): Parsed {
    const grafana = { grafana: dashboard };
    if (language === "logql") return { logql: parseLogql(text, grafana) };
    if (language === "traceql") return { traceql: parseTraceql(text, grafana) };
    const promql = parsePromql(text, { ...this.options, ...grafana });
    return { promql, ...(promql.tree && { tree: promql.tree }) };
  }
}

type Parsed = Pick<Expression, "promql" | "logql" | "traceql" | "tree">;
