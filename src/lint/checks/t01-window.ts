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
  call: {
    of: needsTwo,
    look(part, expression, { setting }) {
      // All of them take one range.
      const arg = part.args[0];
      const range = arg?.kind === "selector" ? arg.range : undefined;
      if (range?.seconds === undefined || range.seconds >= scrapes * setting.scrapeInterval) return undefined;
      const message = `the window ${range.text} is under ${scrapes} scrape intervals of ${setting.scrapeInterval}s`;
      return inExpression(expression, message, arg);
    },
  },
};
