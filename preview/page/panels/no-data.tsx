import { useTheme2 } from "@grafana/ui";

interface NoDataProps {
  readonly width: number;
  readonly height: number;
  readonly says?: string | undefined;
}

/** In Grafana's words. */
export function NoData({ width, height, says = "No data" }: NoDataProps): JSX.Element {
  const theme = useTheme2();
  return (
    <div
      data-testid="no-data"
      style={{ width, height, display: "grid", placeItems: "center", color: theme.colors.text.secondary }}
    >
      {says}
    </div>
  );
}
