import type { Theme } from "../bundle.ts";

const key = "fleetglass.preview.theme";

/** `?theme=light` as in Grafana, else what was chosen last. */
export function chosenTheme(): Theme {
  const asked = new URLSearchParams(location.search).get("theme") ?? localStorage.getItem(key);
  return asked === "light" ? "light" : "dark";
}

/** Grafana's components take their theme when they are loaded: the page loads again, at the same view. */
export function changeTheme(theme: Theme): void {
  localStorage.setItem(key, theme);
  const url = new URL(location.href);
  url.searchParams.delete("theme");
  location.replace(url);
}
