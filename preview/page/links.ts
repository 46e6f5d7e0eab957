import { locationService } from "@grafana/runtime";

/** Links within the preview change the view without loading the page again, wherever Grafana's components put them. */
export function followLinks(): void {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (link === null || !plain || event.defaultPrevented || link.target === "_blank" || !link.hasAttribute("href")) {
      return;
    }
    const url = new URL(link.href);
    if (url.origin === location.origin) {
      event.preventDefault();
      locationService.push(url.pathname + url.search + url.hash);
    }
  });
}
