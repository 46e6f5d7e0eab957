import { ToolbarButton, useTheme2 } from "@grafana/ui";
import type { ReactNode } from "react";
import type { PreviewBoard, Theme } from "../bundle.ts";
import { changeTheme } from "./theme.ts";

interface PageFrameProps {
  readonly theme: Theme;
  readonly board: PreviewBoard | undefined;
  readonly children: ReactNode;
}

/** What surrounds every page: where we are, and the theme. */
export function PageFrame({ theme, board, children }: PageFrameProps): JSX.Element {
  const { colors, spacing, typography } = useTheme2();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <div style={{ minHeight: "100vh", display: "flex", flexDirection: "column", background: colors.background.canvas }}>
      <header
        style={{
          display: "flex",
          alignItems: "center",
          gap: spacing(1),
          padding: spacing(0.5, 2),
          background: colors.background.primary,
          borderBottom: `1px solid ${colors.border.weak}`,
        }}
      >
        <nav aria-label="Breadcrumbs" style={{ flexGrow: 1 }}>
          <a href="/">Boards</a>
          {board !== undefined && (
            <>
              <span style={{ color: colors.text.secondary, margin: spacing(0, 1) }}>{`› ${board.folder} ›`}</span>
              <span aria-current="page" style={{ fontWeight: typography.fontWeightMedium }}>
                {board.title}
              </span>
            </>
          )}
        </nav>
        <ToolbarButton aria-label={`Change to the ${other} theme`} onClick={() => changeTheme(other)}>
          {other === "dark" ? "Dark" : "Light"}
        </ToolbarButton>
      </header>
      <main style={{ flexGrow: 1, display: "flex", flexDirection: "column", padding: spacing(2) }}>{children}</main>
    </div>
  );
}
