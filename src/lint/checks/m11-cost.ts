import { type Check, inExpression } from "../check.ts";

const day = 86_400;

/** What a server has to read for one answer: names by regex, and days of raw samples at every evaluation. */
export const cost: Check = {
  id: "M11",
  about: "A rule that reads days of raw samples each minute, or names by regex, costs more than all others together.",
  severity: "info",
  selector(part, expression) {
    const { selector, range } = part;
    const seconds = range?.seconds ?? 0;
    const isLong = expression.rule !== undefined && seconds > day && selector.metric?.includes(":") !== true;
    if (!isLong && selector.metric !== undefined) return undefined;
    const messages: string[] = [];
    const byName = selector.matchers.find(({ label, op }) => label === "__name__" && op === "=~");
    if (byName && /^\.[*+]/u.test(byName.value) && byName.value.length > 2) {
      messages.push(`__name__=~"${byName.value}" makes the server look at every name there is: say how it begins`);
    }
    if (isLong) {
      messages.push(`reads ${range?.text} of raw samples at each evaluation: record a shorter window, and read that`);
    }
    return messages.map((message) => inExpression(expression, message, part));
  },
};
