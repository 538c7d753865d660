/// Which of the page-wide dialogs is open.

export type DialogName = "settings" | "keys";

class Dialogs {
  open = $state<DialogName | null>(null);
}

export const dialogs = new Dialogs();
