import { type Check, inExpression } from "../check.ts";
import { selectorsIn } from "../walk.ts";

/** A panel that shows all clusters, whatever the reader has chosen above it. */
export const panelIgnoresFilters: Check = {
  id: "C06",
  about: "A query that ignores the board's cluster or environment shows numbers of something else than was chosen.",
  severity: "error",
  *run({ boards, setting }) {
    if (!setting.manyClusters) return;
    const { cluster, environment } = setting.labels;
    for (const { variables, panels } of boards) {
      const names = new Set(variables.filter(({ type }) => type !== "adhoc").map(({ name }) => name));
      const wanted = [
        ["cluster", cluster],
        ["environment", environment],
      ].filter(([name = "", label = ""]) => names.has(name) || names.has(label)) as [string, string][];
      for (const expression of panels.flatMap(({ targets }) => targets)) {
        const { tree, text } = expression;
        const selectors = tree ? selectorsIn(tree) : [];
        if (!tree || selectors.length === 0 || selectors.some(({ selector }) => selector.opaque === true)) continue;
        const ignored = wanted.filter(
          ([name, label]) =>
            !mentions(text, name) &&
            !mentions(text, label) &&
            !selectors.some(({ selector }) =>
              selector.matchers.some((matcher) => matcher.label === label && !matcher.value.includes("$")),
            ),
        );
        // The clusters on offer are those of the chosen environment.
        const [first] = ignored.some(([name]) => name === "cluster") ? ignored : wanted.length === 1 ? ignored : [];
        if (first)
          yield inExpression(
            expression,
            `ignores $${names.has(first[0]) ? first[0] : first[1]}: add ${first[1]}=~"$${names.has(first[0]) ? first[0] : first[1]}"`,
          );
      }
    }
  },
};

function mentions(text: string, variable: string): boolean {
  return new RegExp(String.raw`\$\{?${variable}\b|\[\[${variable}\b`, "u").test(text);
}
