const prefix = "panel-";

/** How a panel's scene is called: by the panel's id, and the value it stands for where it is one of several. */
export function panelKey(id: string): string {
  return prefix + id;
}

/** Which panel a scene's key is of: what `explain=` in the address says. */
export function panelIdOf(key: string | undefined): string {
  return key?.startsWith(prefix) === true ? key.slice(prefix.length) : "";
}
