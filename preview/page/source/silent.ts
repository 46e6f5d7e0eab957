import { DataSourceApi, type DataQueryResponse, type TestDataSourceResponse } from "@grafana/data";

/** A data source that nobody answers for: its panels say so, and why. */
export class SilentSource extends DataSourceApi {
  override query(): Promise<DataQueryResponse> {
    return Promise.reject(new Error(`No server was named for ${this.name} (${this.type}); see --help`));
  }

  override testDatasource(): Promise<TestDataSourceResponse> {
    return Promise.resolve({ status: "error", message: "" });
  }
}
