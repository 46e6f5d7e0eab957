/** Uids of the data sources that a dashboard names, wherever it does. */
export function sourcesUsed(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (part: unknown): void => {
    if (Array.isArray(part)) {
      part.forEach(look);
    } else if (typeof part === "object" && part !== null) {
      for (const [key, inner] of Object.entries(part)) {
        const uid: unknown =
          key === "datasource" && typeof inner === "object" ? (inner as { uid?: unknown } | null)?.uid : undefined;
        if (typeof uid === "string") {
          found.add(uid);
        }
        look(inner);
      }
    }
  };
  look(value);
  return found;
}
