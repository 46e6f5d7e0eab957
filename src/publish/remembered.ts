/** What was worked out for a text before, for at most so many of them: a run that lasts must not grow without end. */
export function remembered(most: number): (text: string, make: () => string) => string {
  const known = new Map<string, string>();
  return (text, make) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = make();
    if (known.size >= most) known.clear();
    known.set(text, made);
    return made;
  };
}
