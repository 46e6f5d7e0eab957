/** Values of documents that anyone may have written. */
export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The texts of a mapping; YAML makes numbers of some. */
export function texts(value: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  if (!isRecord(value)) return found;
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (typeof item === "string" || typeof item === "number" || typeof item === "boolean") found[key] = String(item);
  }
  return found;
}
