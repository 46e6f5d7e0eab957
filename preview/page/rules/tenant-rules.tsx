import { Alert } from "@grafana/ui";
import type { PreviewBundle } from "../../bundle.ts";
import { RuleCard } from "./rule-card.tsx";
import type { PlacedRule } from "./rule-index.ts";
import type { UsesOf } from "./uses.ts";
import type { Rulers } from "./use-rule-states.ts";
import { grouped } from "../grouped.ts";

interface TenantRulesProps {
  readonly tenant: string;
  readonly rules: readonly PlacedRule[];
  readonly bundle: PreviewBundle;
  readonly uses: UsesOf;
  /** Absent where no ruler can be asked. */
  readonly rulers?: Rulers;
}

/** The groups of one tenant's ruler. */
export function TenantRules({ tenant, rules, bundle, uses, rulers }: TenantRulesProps): JSX.Element {
  const groups = [...grouped(rules, ({ home }) => home).entries()];
  const source = rules[0]?.home.source;
  const error = source === undefined ? undefined : rulers?.errors.get(source);
  return (
    <section aria-label={`Tenant ${tenant}`} className="rules-tenant">
      <h2>{`Tenant ${tenant}`}</h2>
      {rulers !== undefined && source === undefined && (
        <p className="rules-quiet">No data source reads this tenant alone, so its ruler can&apos;t be asked.</p>
      )}
      {error !== undefined && (
        <Alert severity="warning" title={`Its ruler does not tell: ${error}`} bottomSpacing={0} />
      )}
      {groups.map(([home, members]) => (
        <div key={home.resource} className="rules-group">
          <div className="rules-group-head">
            <h3>{home.group.name}</h3>
            <span>{`every ${home.group.interval}`}</span>
            {home.group.source_tenants !== undefined && <span>{`reads ${home.group.source_tenants.join(", ")}`}</span>}
            <span>
              made by <code>{home.origin}</code>
            </span>
          </div>
          {members.map((rule) => (
            <RuleCard
              key={`${rule.name} ${rule.nth}`}
              placed={rule}
              uses={uses(rule.name)}
              boards={bundle.boards}
              findings={bundle.findings.filter((finding) => isAbout(finding, rule))}
              state={source === undefined ? undefined : rulers?.states.get(source)?.(rule)}
            />
          ))}
        </div>
      ))}
    </section>
  );
}

function isAbout({ resource, where }: PreviewBundle["findings"][number], { home, name, kind }: PlacedRule): boolean {
  const own = kind === "recording" ? `rule ${name}` : `alert ${name}`;
  return resource === home.resource && (where === own || where.startsWith(`${own},`));
}
