import { Facts } from "../facts.tsx";
import { PlainLink } from "../plain-link.tsx";
import type { PlacedRule } from "../rules/rule-index.ts";

/** Where a rule lives: the same one in some tenants. */
export function RuleFacts({ rules }: { readonly rules: readonly PlacedRule[] }): JSX.Element | null {
  const [first] = rules;
  if (first === undefined) {
    return null;
  }
  const { name, home, rule } = first;
  return (
    <Facts
      facts={[
        ["Group", <PlainLink href={`/rules?q=${encodeURIComponent(name)}`}>{home.group.name}</PlainLink>],
        [
          "Adds",
          Object.entries(rule.labels ?? {})
            .map(([label, value]) => `${label}="${value}"`)
            .join(", "),
        ],
        ["Every", home.group.interval],
        ["In tenants", rules.map((each) => each.home.tenant).join(", ")],
        ["Made by", <code>{home.origin}</code>],
      ]}
    />
  );
}
