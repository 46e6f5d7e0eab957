/** What was worked out for a text before, for at most so many of them: a run that lasts must not grow without end. */
export function remembered<Value>(most: number): (text: string, make: (text: string) => Value) => Value {
  const known = new Map<string, Value>();
  return (text, make) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = make(text);
    if (known.size >= most) known.clear();
    known.set(text, made);
    return made;
  };
}
