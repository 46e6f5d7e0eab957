import { type Check, inExpression } from "../check.ts";

const needsTwo: ReadonlySet<string> = new Set([
  "rate",
  "irate",
  "increase",
  "delta",
  "idelta",
  "deriv",
  "predict_linear",
]);
/** One scrape may fail, and two samples must be left in any window. */
const scrapes = 4;

/** Is there room for two samples in the window, also when a scrape fails? */
export const windowTooShort: Check = {
  id: "T01",
  about: "A rate needs two samples: a window under four scrape intervals is empty as soon as a scrape fails.",
  severity: "error",
  *call(part, expression, { setting }) {
    const least = scrapes * setting.scrapeInterval;
    if (!needsTwo.has(part.name)) return;
    for (const arg of part.args) {
      if (arg.kind !== "selector" || arg.range?.seconds === undefined || arg.range.seconds >= least) continue;
      const message = `the window ${arg.range.text} is under ${scrapes} scrape intervals of ${setting.scrapeInterval}s`;
      yield inExpression(expression, message, arg);
    }
  },
};
