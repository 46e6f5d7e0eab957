import type { PreviewBundle, PreviewSource } from "../../bundle.ts";
import { type PlacedRule, placedRules, recordedBy } from "../rules/rule-index.ts";
import { fetchRuleStates } from "../rules/rule-states.ts";
import type { Asking, Maker } from "./asking.ts";
import { catalogue } from "./catalogue.ts";
import { questionsTo, type Subject } from "./data-questions.ts";
import { originOf } from "./origin.ts";

interface PanelSubject extends Subject {
  readonly bundle: PreviewBundle;
}

/** What may be asked about the data of one of a panel's queries. Loads the catalogue of metrics. */
export async function askingAbout({ bundle, ...subject }: PanelSubject): Promise<Asking> {
  const metric = await catalogue();
  const recorded = recordedBy(placedRules(bundle.rules));
  const about = (source: PreviewSource | undefined, where: Subject): Asking => {
    const tenants = source?.tenants ?? [];
    return {
      ...questionsTo(where),
      instant: where.instant,
      where: inWords(tenants, source?.name ?? where.source),
      origin: (name) => originOf(metric(name), { fleet: bundle.fleet, tenants }),
      makers: (name) =>
        distinct((recorded.get(name) ?? []).filter(({ home }) => tenants.includes(home.tenant))).map((rule): Maker => {
          const read = readBy(rule, bundle) ?? source;
          return {
            rule: { name: rule.name, group: rule.home.group.name, tenant: rule.home.tenant },
            expr: rule.rule.expr,
            asking: about(read, { ...where, source: read?.uid ?? where.source, instant: true }),
            state: () => stateOf(rule),
          };
        }),
    };
  };
  return about(
    bundle.sources.find(({ uid }) => uid === subject.source),
    subject,
  );
}

/** One tenant's word is enough where all have the same rule. */
function distinct(rules: readonly PlacedRule[]): PlacedRule[] {
  return [...new Map(rules.map((each) => [each.rule.expr, each])).values()];
}

/** The data source with just what a rule reads: its tenant's data, or that of the tenants it names. */
function readBy({ home }: PlacedRule, { sources }: PreviewBundle): PreviewSource | undefined {
  const tenants = home.group.source_tenants ?? [home.tenant];
  return sources.find(
    (source) =>
      source.type === "prometheus" &&
      source.live &&
      source.tenants.length === tenants.length &&
      source.tenants.every((tenant) => tenants.includes(tenant)),
  );
}

async function stateOf(rule: PlacedRule): ReturnType<Maker["state"]> {
  const { source } = rule.home;
  // A ruler that can't be asked leaves the question open; the data tell the rest.
  return source === undefined ? undefined : (await fetchRuleStates(source).catch(() => undefined))?.(rule);
}

function inWords(tenants: readonly string[], source: string): string {
  const [only] = tenants;
  return only === undefined ? source : tenants.length === 1 ? `tenant ${only}` : `the tenants ${tenants.join(", ")}`;
}
