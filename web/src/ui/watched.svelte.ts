/// That somebody watches is also said in dialogs, which cover the rest of the page and keep it from being pressed.

export interface Watched {
  words: string;
  /** What the button says that ends it. */
  label: string;
  stop: () => void;
}

class Now {
  now = $state.raw<Watched | null>(null);
}

export const watched = new Now();
