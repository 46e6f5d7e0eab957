import { type FieldDisplay, getFieldDisplayValues, type PanelProps, type ReduceDataOptions } from "@grafana/data";
import { useTheme2 } from "@grafana/ui";
import { useCallback } from "react";
import { reduceDefaults } from "./options.ts";

/** Each series reduced to the number that stands for it: what stat, gauges and pies draw. */
export function useSingleValues(
  {
    fieldConfig,
    options,
    replaceVariables,
    data,
    timeZone,
  }: Pick<
    PanelProps<{ readonly reduceOptions?: ReduceDataOptions }>,
    "fieldConfig" | "options" | "replaceVariables" | "data" | "timeZone"
  >,
  sparkline = false,
): () => FieldDisplay[] {
  const theme = useTheme2();
  const { reduceOptions } = options;
  return useCallback(
    () =>
      getFieldDisplayValues({
        fieldConfig,
        reduceOptions: reduceOptions?.calcs.length ? reduceOptions : { ...reduceOptions, ...reduceDefaults },
        replaceVariables,
        theme,
        data: data.series,
        timeZone,
        sparkline,
      }),
    [fieldConfig, reduceOptions, replaceVariables, theme, data, timeZone, sparkline],
  );
}
