import { Combobox, FilterInput, RadioButtonGroup } from "@grafana/ui";
import { changeParameters, useParameter } from "../address.ts";

const kinds = [
  { label: "All", value: "" },
  { label: "Recording", value: "recording" },
  { label: "Alerts", value: "alert" },
];

/** Which rules are shown; in the address, so that a choice can be shared. */
export function RuleFilters({ tenants }: { readonly tenants: readonly string[] }): JSX.Element {
  const change = (values: Readonly<Record<string, string>>): void => changeParameters(values, { silently: true });
  return (
    <search className="rules-filters">
      <div className="rules-text">
        <FilterInput
          aria-label="Filter rules"
          placeholder="Name, metric, label, group …"
          escapeRegex={false}
          value={useParameter("q")}
          onChange={(q) => change({ q })}
        />
      </div>
      <RadioButtonGroup
        aria-label="Kind of rule"
        options={kinds}
        value={useParameter("kind")}
        onChange={(kind) => change({ kind })}
      />
      <label htmlFor="rules-tenant" className="only-heard">
        Tenant
      </label>
      <Combobox
        id="rules-tenant"
        width="auto"
        minWidth={20}
        options={[{ label: "All tenants", value: "" }, ...tenants.map((value) => ({ label: value, value }))]}
        value={useParameter("tenant")}
        onChange={({ value }) => change({ tenant: value })}
      />
    </search>
  );
}
