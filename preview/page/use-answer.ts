import { useEffect, useState } from "react";

/** What is known of a question: nothing yet, its answer, or why there is none. */
export interface Answered<T> {
  readonly value?: T;
  readonly error?: string;
}

/** Asks whenever the key changes, and forgets answers to what is no longer asked. */
export function useAnswer<T>(key: string, question: () => Promise<T>): Answered<T> {
  const [known, know] = useState<Answered<T> & { readonly key: string }>({ key });
  useEffect(() => {
    let asked = true;
    question().then(
      (value) => asked && know({ key, value }),
      (error: unknown) => asked && know({ key, error: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      asked = false;
    };
    // The key says what is asked; the function is another with every drawing.
  }, [key]);
  return known.key === key ? known : {};
}
