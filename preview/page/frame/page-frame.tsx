import { ToolbarButton } from "@grafana/ui";
import type { ReactNode } from "react";
import type { PreviewBoard, PreviewBundle, Theme } from "../../bundle.ts";
import { changeTheme } from "../theme.ts";
import { DataBadge } from "./data-badge.tsx";
import "./frame.css";
import { MainNavigation } from "./main-navigation.tsx";
import { SkipLink } from "./skip-link.tsx";

interface PageFrameProps {
  readonly bundle: PreviewBundle;
  readonly theme: Theme;
  readonly board: PreviewBoard | undefined;
  /** The main landmark, and what stands beside it. */
  readonly children: ReactNode;
}

/** What surrounds every page: where we are and can go, whose data it is, and the theme. */
export function PageFrame({ bundle, theme, board, children }: PageFrameProps): JSX.Element {
  const other = theme === "dark" ? "light" : "dark";
  return (
    <div className="frame">
      <SkipLink />
      <header className="frame-header">
        <MainNavigation />
        {board !== undefined && (
          <div className="frame-board">
            <span className="frame-folder">{board.folder}</span>
            <span aria-hidden="true" className="frame-folder">
              ›
            </span>
            <h1>{board.title}</h1>
          </div>
        )}
        <div className="frame-end">
          <DataBadge data={bundle.data} />
          <ToolbarButton aria-label={`Change to the ${other} theme`} onClick={() => changeTheme(other)}>
            {other === "dark" ? "Dark" : "Light"}
          </ToolbarButton>
        </div>
      </header>
      <div className="frame-body">{children}</div>
    </div>
  );
}
