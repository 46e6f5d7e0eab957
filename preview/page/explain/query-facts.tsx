import { rangeUtil } from "@grafana/data";
import type { PreviewBundle } from "../../bundle.ts";
import { Facts } from "../facts.tsx";
import { counted } from "../numbers.ts";
import type { QueryAsked } from "./query-asked.ts";
import { useSamples } from "./use-samples.ts";

interface QueryFactsProps {
  readonly query: QueryAsked;
  readonly data: PreviewBundle["data"];
}

/** Whom a query asks, for what, and what the answer cost. */
export function QueryFacts({ query, data }: QueryFactsProps): JSX.Element {
  const { source, subject, step, legend, told } = query;
  const samples = useSamples(query, data);
  const took = told.reduce((sum, each) => sum + each.took, 0);
  const series = Math.max(0, ...told.map((each) => each.series));
  const points = told.reduce((sum, each) => sum + each.points, 0);
  const known = told.length > 0;
  return (
    <Facts
      facts={[
        ["Data source", source === undefined ? subject.source : `${source.name} (${source.type})`],
        ["Tenants", source?.tenants.join(", ") ?? ""],
        [
          "Asks for",
          subject.instant
            ? "the end of the time range"
            : step > 0
              ? `a point every ${rangeUtil.secondsToHms(step / 1000)}`
              : "",
        ],
        ["Legend", legend],
        ["Result", known ? `${counted(series, "series")}, ${counted(points, "point")}` : ""],
        // What was recorded is answered from a file.
        ["Time taken", known && data.kind === "live" ? milliseconds(took) : ""],
        ["Samples read", samples === undefined ? "" : samples.toLocaleString("en-US")],
      ]}
    />
  );
}

function milliseconds(took: number): string {
  return took < 1000 ? `${Math.max(1, Math.round(took))} ms` : `${(took / 1000).toFixed(1)} s`;
}
