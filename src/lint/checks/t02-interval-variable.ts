import { type Check, inExpression } from "../check.ts";

const rates: ReadonlySet<string> = new Set(["rate", "irate", "increase"]);

/** `$__interval` is the width of a pixel; `$__rate_interval` is that, and four scrapes at least. */
export const intervalVariable: Check = {
  id: "T02",
  about: "`$__interval` may be shorter than a scrape: zoomed in, the graph is empty; `$__rate_interval` never is.",
  severity: "error",
  *call(part, expression) {
    if (!rates.has(part.name)) return;
    for (const arg of part.args) {
      const text = arg.kind === "selector" || arg.kind === "subquery" ? arg.range?.text : undefined;
      if (text === undefined || !/^\$(?:__interval|\{__interval\})$/u.test(text)) continue;
      const from = expression.text.indexOf(text, arg.from);
      const span = { from, to: from + text.length };
      const message = `${part.name}() over ${text}: use $__rate_interval`;
      yield inExpression(expression, message, span, { ...span, text: "$__rate_interval" });
    }
  },
};
