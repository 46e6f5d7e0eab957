import { PromqlCode } from "../promql/promql-code.tsx";
import type { Panel } from "../scene/dashboard.ts";
import type { PrometheusQuery } from "../source/prometheus.ts";

/** The queries of a panel that is not drawn: one of several copies, whose variable has no such value now. */
export function QueriesWritten({ json: { targets = [] } }: { readonly json: Panel }): JSX.Element {
  return (
    <>
      <p className="explain-quiet">It is not drawn: the variable that it repeats by has no such value now.</p>
      {targets.map((target) => (
        <section key={target.refId} aria-label={`Query ${target.refId}`}>
          <h3>{`Query ${target.refId}`}</h3>
          <PromqlCode text={(target as PrometheusQuery).expr ?? ""} grafana />
        </section>
      ))}
    </>
  );
}
