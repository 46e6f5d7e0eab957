import { useMemo, useState } from "react";
import type { PreviewBundle } from "../../bundle.ts";
import { PromqlCode } from "../promql/promql-code.tsx";
import { namesIn, type PlacedRule, placedRules, recordedBy } from "../rules/rule-index.ts";
import { RuleFacts } from "./rule-facts.tsx";
import { grouped } from "../grouped.ts";

interface RecordedSeriesProps {
  readonly expr: string;
  /** Whose data the expression reads. */
  readonly tenants: readonly string[];
  readonly bundle: PreviewBundle;
  /** Rules that this is within: one that reads itself is shown once. */
  readonly within?: readonly string[];
}

/** Every series of an expression that a rule records, with the rule, and so on to where the rules read what is exposed. */
export function RecordedSeries({ expr, tenants, bundle, within = [] }: RecordedSeriesProps): JSX.Element | null {
  const recorded = useMemo(() => recordedBy(placedRules(bundle.rules)), [bundle.rules]);
  const names = [...namesIn(expr)].filter((name) => recorded.has(name) && !within.includes(name));
  if (names.length === 0) {
    return null;
  }
  const Heading = within.length === 0 ? "h4" : "h5";
  return (
    <div>
      <Heading>{within.length === 0 ? "Recorded series" : "reads"}</Heading>
      <ul className="explain-recorded">
        {names.map((name) => (
          <li key={name}>
            <Recorded
              name={name}
              rules={(recorded.get(name) ?? []).filter(
                ({ home }) => tenants.length === 0 || tenants.includes(home.tenant),
              )}
              bundle={bundle}
              within={within}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

interface RecordedProps {
  readonly name: string;
  readonly rules: readonly PlacedRule[];
  readonly bundle: PreviewBundle;
  readonly within: readonly string[];
}

function Recorded({ name, rules, bundle, within }: RecordedProps): JSX.Element {
  const [open, toggle] = useState(false);
  // Tenants mostly have the same rule.
  const variants = [...grouped(rules, ({ rule, home }) => JSON.stringify([home.group.interval, rule])).values()];
  return (
    <details onToggle={(event) => toggle(event.currentTarget.open)}>
      <summary>
        <code>{name}</code>
      </summary>
      {open && rules.length === 0 && (
        <p className="explain-quiet">No rule records it in the tenants that this query reads.</p>
      )}
      {open &&
        variants.map((variant) => {
          const [first] = variant;
          return first === undefined ? null : (
            <div key={first.home.resource + first.nth} className="explain-rule">
              <PromqlCode text={first.rule.expr} />
              <RuleFacts rules={variant} />
              <RecordedSeries
                expr={first.rule.expr}
                tenants={variant.map(({ home }) => home.tenant)}
                bundle={bundle}
                within={[...within, name]}
              />
            </div>
          );
        })}
    </details>
  );
}
