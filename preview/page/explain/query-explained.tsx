import { Button, ClipboardButton, RadioButtonGroup } from "@grafana/ui";
import { useState } from "react";
import type { PreviewBundle } from "../../bundle.ts";
import { PromqlCode } from "../promql/promql-code.tsx";
import { EmptinessExplained } from "./emptiness-explained.tsx";
import type { QueryAsked } from "./query-asked.ts";
import { QueryFacts } from "./query-facts.tsx";
import { RecordedSeries } from "./recorded-series.tsx";
import { SeriesRead } from "./series-read.tsx";

interface QueryExplainedProps {
  readonly bundle: PreviewBundle;
  readonly query: QueryAsked;
  /** Is it the panel's only one? */
  readonly alone: boolean;
}

type Form = "asked" | "written";

const forms = [
  { label: "As asked", value: "asked" as const },
  { label: "As written", value: "written" as const },
];

/** One query: what it says, what it cost, what it reads, and who makes that. */
export function QueryExplained({ bundle, query, alone }: QueryExplainedProps): JSX.Element {
  const [form, choose] = useState<Form>("asked");
  const [wondering, wonder] = useState(false);
  const { refId, expr, written, language, told, source, hidden } = query;
  const text = form === "asked" ? expr : written;
  const title = alone ? "Query" : `Query ${refId}`;
  const nothing = told.length > 0 && told.every(({ series }) => series === 0);
  return (
    <section aria-label={title}>
      <div className="explain-bar">
        <h3>{title}</h3>
        {hidden && <span className="explain-quiet">hidden, so not asked</span>}
        {expr !== written && (
          <RadioButtonGroup
            aria-label={`${title}, its variables`}
            size="sm"
            options={forms}
            value={form}
            onChange={choose}
          />
        )}
        <ClipboardButton
          size="sm"
          variant="secondary"
          fill="text"
          icon="copy"
          aria-label={`Copy ${title}`}
          getText={() => text}
        >
          Copy
        </ClipboardButton>
      </div>
      {language === "promql" ? (
        <PromqlCode text={text} grafana={form === "written"} />
      ) : (
        <pre className="explain-code" tabIndex={0} role="group" aria-label={`Expression of ${title}`}>
          {text}
        </pre>
      )}
      <QueryFacts query={query} data={bundle.data} />
      {nothing && !alone && source?.live === true && !wondering && (
        <Button size="sm" variant="secondary" icon="question-circle" onClick={() => wonder(true)}>
          Why does it give nothing?
        </Button>
      )}
      {wondering && <EmptinessExplained bundle={bundle} queries={[query]} />}
      {language === "promql" && <SeriesRead query={query} data={bundle.data} />}
      {language === "promql" && <RecordedSeries expr={expr} tenants={source?.tenants ?? []} bundle={bundle} />}
    </section>
  );
}
