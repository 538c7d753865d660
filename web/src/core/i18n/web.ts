/// The words of tabs with pages of the lab, English and French. They are part of `en.ts` and `fr.ts`.

import type { Message } from "./index.svelte";

export const webs = {
  "web.reload": "Reload",
  "web.window": "Open in a new window",
  "web.leave": "The page has the keyboard while you are in it. `Shift Tab` or a click up here leads out.",
  "web.word.loading": "Opening {where}",
  "web.word.waiting": "Waiting for {where}, trying every 2 s",
} as const satisfies Record<string, Message>;

export const sites: Record<keyof typeof webs, Message> = {
  "web.reload": "Recharger",
  "web.window": "Ouvrir dans une nouvelle fenêtre",
  "web.leave": "La page a le clavier tant que vous y êtes. `Maj Tab` ou un clic ici permet d’en sortir.",
  "web.word.loading": "Ouverture de {where}",
  "web.word.waiting": "En attente de {where}, un essai toutes les 2 s",
};
