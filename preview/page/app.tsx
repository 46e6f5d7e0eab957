import { ThemeContext } from "@grafana/data";
import { config, LocationServiceProvider, locationService } from "@grafana/runtime";
import { ErrorBoundaryAlert, GlobalStyles, PortalContainer } from "@grafana/ui";
import { useLayoutEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { type Location, Router } from "react-router-dom";
import type { PreviewBundle, Theme } from "../bundle.ts";
import { BoardPage } from "./board-page.tsx";

import { startHost } from "./host/host.ts";
import { followLinks } from "./links.ts";
import { BoardList } from "./board-list.tsx";
import { Nowhere } from "./nowhere.tsx";
import { PageFrame } from "./page-frame.tsx";
import { busy } from "./source/busy.ts";
import { sourcesOf } from "./source/sources.ts";

/** Loads the bundle and draws what the address asks for. */
export async function showPreview(theme: Theme): Promise<void> {
  const bundle = await busy(async () => (await (await fetch("/bundle.json")).json()) as PreviewBundle);
  await startHost(sourcesOf(bundle.sources));
  followLinks();
  const root = document.getElementById("root");
  if (root === null) {
    throw new Error("index.html has no #root");
  }
  createRoot(root).render(
    <ThemeContext.Provider value={config.theme2}>
      <GlobalStyles />
      <LocationServiceProvider service={locationService}>
        <Preview bundle={bundle} theme={theme} />
      </LocationServiceProvider>
      <PortalContainer />
    </ThemeContext.Provider>,
  );
}

function Preview({ bundle, theme }: { readonly bundle: PreviewBundle; readonly theme: Theme }): JSX.Element {
  const history = locationService.getHistory();
  const [location, follow] = useState<Location>(history.location);
  useLayoutEffect(() => history.listen((next: Location) => follow(next)), [history]);
  const [, kind, uid] = location.pathname.split("/");
  const board = kind === "d" ? bundle.boards.find((candidate) => candidate.uid === uid) : undefined;
  return (
    // The router only tells scenes where we are; Grafana's location service moves us.
    <Router location={location} navigator={history}>
      <PageFrame theme={theme} board={board}>
        <ErrorBoundaryAlert key={location.pathname}>
          {board !== undefined ? (
            <BoardPage key={board.uid} board={board} boards={bundle.boards} />
          ) : location.pathname === "/" ? (
            <BoardList bundle={bundle} />
          ) : (
            <Nowhere path={location.pathname + location.search} />
          )}
        </ErrorBoundaryAlert>
      </PageFrame>
    </Router>
  );
}
