import { type Check, inExpression } from "../check.ts";

const rates: ReadonlySet<string> = new Set(["rate", "irate", "increase"]);

/** `$__interval` is the width of a pixel; `$__rate_interval` is that, and four scrapes at least. */
export const intervalVariable: Check = {
  id: "T02",
  about: "`$__interval` may be shorter than a scrape: zoomed in, the graph is empty; `$__rate_interval` never is.",
  severity: "error",
  call: {
    of: rates,
    look(part, expression) {
      const arg = part.args[0];
      const text = arg?.kind === "selector" || arg?.kind === "subquery" ? arg.range?.text : undefined;
      if (text !== "$__interval" && text !== "${__interval}") return undefined;
      const from = expression.text.indexOf(text, arg?.from);
      const span = { from, to: from + text.length };
      const message = `${part.name}() over ${text}: use $__rate_interval`;
      return inExpression(expression, message, span, { ...span, text: "$__rate_interval" });
    },
  },
};
