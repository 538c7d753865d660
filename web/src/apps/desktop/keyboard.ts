/// Takes what is typed: a text field that nobody sees has the focus, so that dead keys, input methods and the keyboards
/// of telephones work as in any field. Plain keys go on to noVNC, which knows the oddities of systems and layouts;
/// composed text becomes keysyms. It must not know the connection, nor the page.

import { change, KEYSYM, keysymOf } from "./keysyms";

export interface Typist {
  /** A plain key; goes to whoever listens to keys. */
  key(event: KeyboardEvent): void;
  /** One key pressed and released. */
  press(keysym: number): void;
  /** The learner pastes this; the keys that ask the program for it follow. */
  paste(text: string): void;
  /** True keeps the key from the desktop. */
  own(event: KeyboardEvent): boolean;
}

/** How long the keys of a paste, and all that is typed after them, wait for the browser to say what is pasted. */
const PASTE_MS = 1000;
/** Telephones send no key for what they delete in an empty field. */
const FILLING = "  ";

export function listen(field: HTMLTextAreaElement, typist: Typist): () => void {
  const down = new Map<string, KeyboardEvent>();
  let composed = "";
  let pasting: { waiting: (() => void)[]; timer: ReturnType<typeof setTimeout> } | null = null;
  const guesses = () => matchMedia("(pointer: coarse)").matches;

  /** Nothing overtakes a paste: a Shift that is let go before its Insert would make another key of it. */
  const inTurn = (send: () => void) => {
    if (pasting === null) send();
    else pasting.waiting.push(send);
  };
  const press = (keysym: number) => inTurn(() => typist.press(keysym));
  const type = (text: string) => {
    for (const character of text) press(keysymOf(character));
  };
  const empty = () => {
    field.value = FILLING;
    field.setSelectionRange(FILLING.length, FILLING.length);
  };
  const pass = (event: KeyboardEvent) => {
    if (event.type === "keydown") down.set(event.code, event);
    else down.delete(event.code);
    inTurn(() => typist.key(event));
  };
  const goOn = () => {
    if (pasting === null) return;
    clearTimeout(pasting.timer);
    const { waiting } = pasting;
    pasting = null;
    for (const send of waiting) send();
  };

  function onDown(event: KeyboardEvent) {
    if (typist.own(event)) return;
    if (composes(event)) return;
    if (isPaste(event)) {
      goOn();
      pasting = { waiting: [], timer: setTimeout(goOn, PASTE_MS) };
    } else event.preventDefault();
    pass(event);
  }

  function onUp(event: KeyboardEvent) {
    if (down.has(event.code)) pass(event);
  }

  function onPaste(event: ClipboardEvent) {
    event.preventDefault();
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text !== "") typist.paste(text);
    goOn();
  }

  function onBeforeInput(event: InputEvent) {
    if (event.isComposing || event.inputType === "insertCompositionText") return;
    if (event.inputType === "deleteContentBackward") press(KEYSYM.BackSpace);
    else if (event.inputType === "insertLineBreak" || event.inputType === "insertParagraph") press(KEYSYM.Return);
    else if (event.inputType === "insertText" && event.data !== null) type(event.data);
    if (event.cancelable) event.preventDefault();
  }

  function onUpdate(event: CompositionEvent) {
    if (!guesses()) return;
    const { back, text } = change(composed, event.data);
    for (let n = 0; n < back; n += 1) press(KEYSYM.BackSpace);
    type(text);
    composed = event.data;
  }

  function onEnd(event: CompositionEvent) {
    if (guesses()) onUpdate(event);
    else type(event.data);
    composed = "";
    empty();
  }

  const onInput = (event: Event) => (event as InputEvent).isComposing || empty();

  function letGo() {
    for (const event of [...down.values()]) pass(new KeyboardEvent("keyup", { code: event.code, key: event.key }));
  }

  const handlers: [string, (event: never) => void][] = [
    ["keydown", onDown],
    ["keyup", onUp],
    ["paste", onPaste],
    ["beforeinput", onBeforeInput],
    ["input", onInput],
    ["compositionupdate", onUpdate],
    ["compositionend", onEnd],
    ["blur", letGo],
  ];
  for (const [name, handler] of handlers) field.addEventListener(name, handler as EventListener);
  empty();
  return () => {
    for (const [name, handler] of handlers) field.removeEventListener(name, handler as EventListener);
    letGo();
    goOn();
  };
}

/** The key is part of something that is still being composed; what comes of it will be text. */
function composes(event: KeyboardEvent): boolean {
  if (event.isComposing || event.keyCode === 229) return true;
  return event.key === "Dead" || event.key === "Process" || event.key === "Unidentified";
}

function isPaste(event: KeyboardEvent): boolean {
  const control = event.ctrlKey || event.metaKey;
  return (control && !event.altKey && event.key.toLowerCase() === "v") || (event.shiftKey && event.key === "Insert");
}

/** The same key for another listener. */
export function copyOf(event: KeyboardEvent): KeyboardEvent {
  const { key, code, location, repeat, ctrlKey, shiftKey, altKey, metaKey, keyCode } = event;
  const is = (name: string) => event.getModifierState(name);
  return new KeyboardEvent(event.type, {
    key,
    code,
    location,
    repeat,
    ctrlKey,
    shiftKey,
    altKey,
    metaKey,
    keyCode,
    modifierAltGraph: is("AltGraph"),
    modifierCapsLock: is("CapsLock"),
    modifierNumLock: is("NumLock"),
    cancelable: true,
  });
}
