/// That somebody watches, or asks to, is also said in dialogs, which cover the rest of the page and keep it from being pressed.

export interface Watched {
  words: string;
  acts: { label: string; act: () => void }[];
}

class Now {
  now = $state.raw<Watched | null>(null);
}

export const watched = new Now();
