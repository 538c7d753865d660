/// The words of desktops, in both languages.

import type { Message } from "./index.svelte";

export const desktops = {
  "desktop.toolbar": "Desktop",
  "desktop.label": "Desktop of {node}. To leave it, press {chord}.",
  "desktop.leave": "Leave the desktop: {chord}",
  "desktop.size": "{node}, {width} × {height}",
  "desktop.rate": "{mbit} Mbit/s",
  "desktop.fit": "Fit",
  "desktop.paste": "Paste",
  "desktop.copied": "Copied.",
  "desktop.copy": "Copy what the program has copied",
  "desktop.nopaste": "The browser gives the page no clipboard. Click the desktop and press Ctrl V.",
  "desktop.keys": "Send keys",
  "desktop.keyboard": "Show the keyboard",
  "desktop.picture": "Save a picture of the screen",
  "desktop.waiting": "**The desktop is starting.** It opens by itself.",
  "desktop.recorded": "This screen is being recorded.",
} as const;

export const bureaux: Record<keyof typeof desktops, Message> = {
  "desktop.toolbar": "Bureau",
  "desktop.label": "Bureau de {node}. Pour le quitter, appuyez sur {chord}.",
  "desktop.leave": "Quitter le bureau : {chord}",
  "desktop.size": "{node}, {width} × {height}",
  "desktop.rate": "{mbit} Mbit/s",
  "desktop.fit": "Ajuster",
  "desktop.paste": "Coller",
  "desktop.copied": "Copié.",
  "desktop.copy": "Copier ce que le programme a copié",
  "desktop.nopaste": "Le navigateur ne donne pas le presse-papiers à la page. Cliquez sur le bureau et appuyez sur Ctrl V.",
  "desktop.keys": "Envoyer des touches",
  "desktop.keyboard": "Afficher le clavier",
  "desktop.picture": "Enregistrer une image de l’écran",
  "desktop.waiting": "**Le bureau démarre.** Il s’ouvre de lui-même.",
  "desktop.recorded": "Cet écran est enregistré.",
};
