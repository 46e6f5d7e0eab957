import type { AnnotationQuery, DataSourceRef, DataTransformerConfig, FieldConfigSource } from "@grafana/data";
import type { SceneDataQuery } from "@grafana/scenes";

/** A dashboard of Grafana's schema version 42, as far as it is drawn; all but `uid` and `title` may be missing. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly timezone?: string;
  readonly time?: { readonly from?: string; readonly to?: string };
  readonly timepicker?: { readonly hidden?: boolean; readonly refresh_intervals?: readonly string[] };
  readonly weekStart?: string;
  readonly fiscalYearStartMonth?: number;
  readonly refresh?: string;
  readonly graphTooltip?: number;
  readonly panels?: readonly Panel[];
  readonly templating?: { readonly list?: readonly Variable[] };
  readonly annotations?: { readonly list?: readonly (AnnotationQuery & { readonly placement?: string })[] };
  readonly links?: readonly DashboardLink[];
}

export interface Panel {
  readonly id?: number;
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly transparent?: boolean;
  readonly gridPos?: GridPosition;
  readonly datasource?: DataSourceRef;
  readonly targets?: readonly SceneDataQuery[];
  readonly transformations?: readonly DataTransformerConfig[];
  readonly options?: object;
  readonly fieldConfig?: FieldConfigSource;
  readonly pluginVersion?: string;
  readonly maxDataPoints?: number;
  readonly interval?: string;
  /** Name of the variable whose every value gets a panel, or a row, of its own. */
  readonly repeat?: string;
  readonly repeatDirection?: "h" | "v";
  readonly maxPerRow?: number;
  /** Of a row. */
  readonly collapsed?: boolean;
  /** Of a collapsed row; the panels of an open one follow it. */
  readonly panels?: readonly Panel[];
}

export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Variable {
  readonly type: string;
  readonly name: string;
  readonly label?: string;
  readonly description?: string;
  readonly query?: unknown;
  readonly datasource?: DataSourceRef;
  readonly regex?: string;
  readonly refresh?: number;
  readonly sort?: number;
  readonly hide?: number;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
  readonly allowCustomValue?: boolean;
  readonly skipUrlSync?: boolean;
  readonly current?: { readonly value?: string | string[]; readonly text?: string | string[] };
  readonly auto?: boolean;
  readonly auto_min?: string;
  readonly auto_count?: number;
}

export interface DashboardLink {
  readonly type: string;
  readonly title: string;
  readonly url?: string;
  readonly tags?: readonly string[];
  readonly asDropdown?: boolean;
  readonly includeVars?: boolean;
  readonly keepTime?: boolean;
  readonly targetBlank?: boolean;
  readonly tooltip?: string;
  readonly icon?: string;
}
