import { useMemo } from "react";
import { parsePromql } from "../promql/parser.ts";
import type { Metric } from "../../../src/metrics/index.ts";
import type { PreviewBundle } from "../../bundle.ts";
import { counted } from "../numbers.ts";
import { useAnswer } from "../use-answer.ts";
import { catalogue } from "./catalogue.ts";
import { questionsTo } from "./data-questions.ts";
import type { QueryAsked } from "./query-asked.ts";

interface SeriesReadProps {
  readonly query: QueryAsked;
  readonly data: PreviewBundle["data"];
}

/** More selectors than this are a generated expression, and a question for each a load. */
const most = 16;

interface Read {
  readonly text: string;
  readonly metric: string;
}

/** What each selector of an expression reads: what its metric is, and how many series it finds. */
export function SeriesRead({ query, data }: SeriesReadProps): JSX.Element | null {
  const { expr, source, subject, refId, range } = query;
  const selectors = useMemo(() => selectorsOf(expr), [expr]);
  const asking = data.kind === "live" && source?.live === true;
  const counts = useAnswer(asking ? `${subject.source} ${range} ${expr}` : "", async () => {
    const { count } = questionsTo({ ...subject, instant: true });
    return asking ? Promise.all(selectors.slice(0, most).map(({ text }) => count(text))) : [];
  });
  const known = useAnswer("catalogue", catalogue);
  return selectors.length === 0 ? null : (
    <div>
      <h4>Series read</h4>
      <ul className="explain-selectors" aria-label={`Series read by query ${refId}`}>
        {selectors.map(({ text, metric }, at) => (
          <li key={text}>
            <div>
              <code>{text}</code>
              <div className="explain-quiet">{aboutMetric(known.value?.(metric))}</div>
            </div>
            {asking && counts.error === undefined && at < most && (
              <span>{counts.value?.[at] === undefined ? "…" : counted(counts.value[at], "series")}</span>
            )}
          </li>
        ))}
      </ul>
      {counts.error !== undefined && <p className="explain-quiet">{`They can't be counted: ${counts.error}`}</p>}
    </div>
  );
}

/** Each once, as it is written. */
function selectorsOf(expr: string): Read[] {
  const { selectors } = parsePromql(expr, { dialect: "mimir" });
  const read = selectors.map(({ from, to, metric = "" }) => ({ text: expr.slice(from, to), metric }));
  return [...new Map(read.map((each) => [each.text, each])).values()];
}

/** `counter, seconds, from node-exporter`. */
function aboutMetric(metric: Metric | undefined): string {
  if (metric === undefined) {
    return "";
  }
  const { type, measure, source } = metric;
  return [type, ...(measure === "none" ? [] : [measure]), `from ${source}`].join(", ");
}
