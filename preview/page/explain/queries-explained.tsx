import { LoadingState } from "@grafana/data";
import { type SceneDataTransformer, SceneQueryRunner, type VizPanel } from "@grafana/scenes";
import { Alert } from "@grafana/ui";
import type { PreviewBundle } from "../../bundle.ts";
import { EmptinessExplained } from "./emptiness-explained.tsx";
import { QueryExplained } from "./query-explained.tsx";
import { queriesAsked } from "./query-asked.ts";

interface QueriesExplainedProps {
  readonly bundle: PreviewBundle;
  readonly panel: VizPanel;
  readonly provider: SceneDataTransformer;
}

/** Each query of a panel, and why there is nothing to see where there is nothing. */
export function QueriesExplained({ bundle, panel, provider }: QueriesExplainedProps): JSX.Element | null {
  const { $data: runner } = provider.useState();
  return runner instanceof SceneQueryRunner ? (
    <WithAnswers bundle={bundle} panel={panel} provider={provider} runner={runner} />
  ) : null;
}

function WithAnswers({
  bundle,
  panel,
  provider,
  runner,
}: QueriesExplainedProps & { readonly runner: SceneQueryRunner }): JSX.Element {
  const { data: shown } = provider.useState();
  const { data: answered, queries } = runner.useState();
  const asked = queriesAsked({ bundle, panel, queries, answered });
  const done = answered?.state === LoadingState.Done;
  const empty = done && asked.every(({ told }) => told.every(({ series }) => series === 0));
  const dropped =
    done && !empty && shown?.state === LoadingState.Done && shown.series.every(({ length }) => length === 0);
  const errors = answered?.errors ?? [];
  return (
    <>
      {answered === undefined && <p className="explain-quiet">Its row is folded, so nothing was asked yet.</p>}
      {errors.map(({ message = "It failed", refId = "" }) => (
        <Alert key={refId + message} severity="error" title={`Query ${refId}: ${message}`} bottomSpacing={0} />
      ))}
      {empty && <EmptinessExplained bundle={bundle} queries={asked} />}
      {dropped && (
        <section>
          <h3>Why is this empty?</h3>
          <p>The queries are answered with data; the panel&apos;s transformations leave nothing of it.</p>
        </section>
      )}
      {asked.map((query) => (
        <QueryExplained key={query.refId} bundle={bundle} query={query} alone={asked.length === 1} />
      ))}
    </>
  );
}
