import { ThemeContext } from "@grafana/data";
import { config, LocationServiceProvider, locationService } from "@grafana/runtime";
import { ErrorBoundaryAlert, GlobalStyles, PortalContainer } from "@grafana/ui";
import { useLayoutEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { type Location, Router } from "react-router-dom";
import type { PreviewBundle, Theme } from "../bundle.ts";
import { PageFrame } from "./frame/page-frame.tsx";
import { useArrival } from "./frame/use-arrival.ts";
import { startHost, askSources } from "./host/host.ts";
import { followLinks } from "./links.ts";
import { fetchBundle } from "./live/bundle.ts";
import { useLiveBundle } from "./live/use-live-bundle.ts";
import { sourcesOf } from "./source/sources.ts";
import { setThemeVariables } from "./theme-variables.ts";
import { View } from "./view.tsx";

/** Loads the bundle and draws what the address asks for. */
export async function showPreview(theme: Theme): Promise<void> {
  const bundle = await fetchBundle();
  await startHost(sourcesOf(bundle.sources));
  setThemeVariables(config.theme2);
  followLinks();
  const root = document.getElementById("root");
  if (root === null) {
    throw new Error("index.html has no #root");
  }
  createRoot(root).render(
    <ThemeContext.Provider value={config.theme2}>
      <GlobalStyles />
      <LocationServiceProvider service={locationService}>
        <Preview first={bundle} theme={theme} />
      </LocationServiceProvider>
      <PortalContainer />
    </ThemeContext.Provider>,
  );
}

interface PreviewProps {
  readonly first: PreviewBundle;
  readonly theme: Theme;
}

function Preview({ first, theme }: PreviewProps): JSX.Element {
  const bundle = useLiveBundle(first, { onChange: askNew });
  const history = locationService.getHistory();
  const [location, follow] = useState<Location>(history.location);
  useLayoutEffect(() => history.listen((next: Location) => follow(next)), [history]);
  useArrival(location.pathname);
  const [, kind, uid] = location.pathname.split("/");
  const board = kind === "d" ? bundle.boards.find((candidate) => candidate.uid === uid) : undefined;
  return (
    // The router only tells scenes where we are; Grafana's location service moves us.
    <Router location={location} navigator={history}>
      <PageFrame bundle={bundle} theme={theme} board={board}>
        <ErrorBoundaryAlert key={location.pathname}>
          <View bundle={bundle} board={board} />
        </ErrorBoundaryAlert>
      </PageFrame>
    </Router>
  );
}

function askNew({ sources }: PreviewBundle): void {
  askSources(sourcesOf(sources));
}
