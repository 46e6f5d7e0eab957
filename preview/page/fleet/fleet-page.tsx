import { FilterInput } from "@grafana/ui";
import type { PreviewBundle } from "../../bundle.ts";
import { changeParameters, useParameter } from "../address.ts";
import { usePageTitle } from "../frame/page-title.ts";
import { Clusters } from "./clusters.tsx";
import { Exporters } from "./exporters.tsx";
import "./fleet.css";
import { FleetFacts } from "./fleet-facts.tsx";
import { FlowPicture } from "./flow-picture.tsx";
import { Tenants } from "./tenants.tsx";

/** So many clusters are seen at once. */
const few = 12;

/** What the fleet is made of, and which way its data go. */
export function FleetPage({ bundle }: { readonly bundle: PreviewBundle }): JSX.Element {
  const { fleet } = bundle;
  usePageTitle("Fleet");
  const text = useParameter("q");
  return (
    <>
      <h1 className="frame-title">{fleet.title}</h1>
      <FleetFacts bundle={bundle} />
      <section aria-labelledby="flow-title">
        <h2 id="flow-title">Data flow</h2>
        <FlowPicture bundle={bundle} />
      </section>
      <section aria-labelledby="clusters-title">
        <div className="fleet-bar">
          <h2 id="clusters-title">Clusters</h2>
          {fleet.clusters.length > few && (
            <div className="fleet-filter">
              <FilterInput
                aria-label="Filter clusters"
                placeholder="Name, region, state, exporter …"
                escapeRegex={false}
                value={text}
                onChange={(q) => changeParameters({ q }, { silently: true })}
              />
            </div>
          )}
        </div>
        <Clusters fleet={fleet} text={text} />
      </section>
      <section aria-labelledby="exporters-title">
        <h2 id="exporters-title">Exporters</h2>
        <Exporters clusters={fleet.clusters} />
      </section>
      <section aria-labelledby="tenants-title">
        <h2 id="tenants-title">Tenants</h2>
        <Tenants bundle={bundle} />
      </section>
    </>
  );
}
