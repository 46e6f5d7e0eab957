import {
  DataSourceApi,
  type DataQueryResponse,
  type MetricFindValue,
  type TestDataSourceResponse,
} from "@grafana/data";

/** A data source that nobody answers for: its panels say so, and why. */
export class SilentSource extends DataSourceApi {
  override query(): Promise<DataQueryResponse> {
    return Promise.reject(new Error(`No server was named for ${this.name} (${this.type}); see --help`));
  }

  /** A selector without values says enough; the panels say why. */
  override metricFindQuery(): Promise<MetricFindValue[]> {
    return Promise.resolve([]);
  }

  override testDatasource(): Promise<TestDataSourceResponse> {
    return Promise.resolve({ status: "error", message: "" });
  }
}
