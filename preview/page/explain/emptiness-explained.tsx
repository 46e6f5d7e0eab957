import { LoadingPlaceholder } from "@grafana/ui";
import type { PreviewBundle } from "../../bundle.ts";
import { useAnswer } from "../use-answer.ts";
import { askingAbout } from "./panel-questions.ts";
import type { QueryAsked } from "./query-asked.ts";
import { ReasonList } from "./reason-list.tsx";
import type { Reason } from "./reason.ts";
import { whyEmpty } from "./why-empty.ts";

interface EmptinessExplainedProps {
  readonly bundle: PreviewBundle;
  readonly queries: readonly QueryAsked[];
}

/** Asks the data why queries that are right give nothing. */
export function EmptinessExplained({ bundle, queries }: EmptinessExplainedProps): JSX.Element {
  const shown = queries.filter(({ hidden }) => !hidden);
  return (
    <section aria-label="Why is this empty?" className="explain-why">
      <h3>Why is this empty?</h3>
      {shown.map((query) => (
        <Why key={query.refId} bundle={bundle} query={query} alone={shown.length === 1} />
      ))}
    </section>
  );
}

interface WhyProps {
  readonly bundle: PreviewBundle;
  readonly query: QueryAsked;
  readonly alone: boolean;
}

function Why({ bundle, query, alone }: WhyProps): JSX.Element {
  const { refId, expr, subject, range } = query;
  // Not again with every refresh: what is missing now was missing half a minute ago.
  const { value, error } = useAnswer(`${subject.source} ${range} ${expr}`, () => reasonsFor(bundle, query));
  return (
    <div role="status">
      {!alone && <h4>{`Query ${refId}`}</h4>}
      {value !== undefined ? (
        <ReasonList reasons={value} />
      ) : error !== undefined ? (
        <p>{`The question was not answered: ${error}`}</p>
      ) : (
        <LoadingPlaceholder text="Asking what there is …" />
      )}
    </div>
  );
}

async function reasonsFor(
  bundle: PreviewBundle,
  { expr, language, source, subject }: QueryAsked,
): Promise<readonly Reason[]> {
  if (bundle.data.kind === "recorded") {
    return [
      {
        text: "Recorded data answers what boards ask, and no other questions: a server that is named answers this one.",
        part: expr,
      },
    ];
  }
  if (language !== "promql" || source?.live !== true) {
    return [{ text: "Only queries in PromQL to a server that is named can be looked into.", part: expr }];
  }
  return whyEmpty(expr, await askingAbout({ ...subject, bundle }));
}
