import {
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceApi,
  DataTopic,
  LoadingState,
  type PanelData,
  toDataFrame,
} from "@grafana/data";
import { toDataQueryError } from "@grafana/runtime";
import { catchError, from, isObservable, map, type Observable, of, startWith } from "rxjs";

type QueryFunction = (request: DataQueryRequest) => ReturnType<DataSourceApi["query"]>;

/** From request to panel data; scenes leaves that to its host. */
export function runRequest(
  source: DataSourceApi,
  request: DataQueryRequest,
  queryFunction?: QueryFunction,
): Observable<PanelData> {
  const base: PanelData = { state: LoadingState.Loading, series: [], timeRange: request.range, request };
  if (request.targets.length === 0) {
    return of({ ...base, state: LoadingState.Done });
  }
  const asked = queryFunction === undefined ? source.query(request) : queryFunction(request);
  return (isObservable(asked) ? asked : from(asked)).pipe(
    map((response): PanelData => answered(base, response)),
    catchError((error: unknown) => {
      const problem = toDataQueryError(error);
      return of({ ...base, state: LoadingState.Error, error: problem, errors: [problem] });
    }),
    startWith(base),
  );
}

function answered(base: PanelData, { data, state, errors }: DataQueryResponse): PanelData {
  const frames = data.map((frame: DataFrame) => toDataFrame(frame));
  const isAnnotation = ({ meta }: DataFrame): boolean => meta?.dataTopic === DataTopic.Annotations;
  return {
    ...base,
    state: state ?? (errors?.length ? LoadingState.Error : LoadingState.Done),
    series: frames.filter((frame) => !isAnnotation(frame)),
    annotations: frames.filter(isAnnotation),
    ...(errors?.[0] !== undefined && { errors, error: errors[0] }),
  };
}
