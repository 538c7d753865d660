/// The xterm.js screen: how it looks, what it may do, and what it must not (write the clipboard, open links by itself,
/// answer questions out of replayed output). It must not know the connection.

import { FitAddon } from "@xterm/addon-fit";
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import { Terminal, type ITheme } from "@xterm/xterm";
import { isWebAddress } from "./address";

export const SCROLLBACK_LINES = 10_000;
/** Programs choose colours without knowing the background; WCAG AA asks for this ratio. */
const CONTRAST = 4.5;

export interface ScreenOptions {
  fontSize: number;
  screenReader: boolean;
  /** A link in the output was pressed; only http and https come here. */
  openLink: (address: string) => void;
}

export interface Screen {
  term: Terminal;
  fit: FitAddon;
  /** Writes output. While `replay`, questions in it (size, colours, status) are not answered. */
  write(bytes: Uint8Array, replay: boolean, drawn: () => void): void;
}

export function makeScreen(host: HTMLElement, options: ScreenOptions): Screen {
  const style = getComputedStyle(host);
  const term = new Terminal({
    allowProposedApi: true,
    convertEol: false,
    // What a program writes is not our error.
    logLevel: "off",
    cursorBlink: false,
    fontFamily: style.getPropertyValue("--font-mono").trim() || "monospace",
    fontSize: options.fontSize,
    lineHeight: 1.25,
    minimumContrastRatio: CONTRAST,
    scrollback: SCROLLBACK_LINES,
    screenReaderMode: options.screenReader,
    theme: theme(style),
    linkHandler: {
      allowNonHttpProtocols: false,
      activate: (_event, address) => isWebAddress(address) && options.openLink(address),
    },
  });
  const fit = new FitAddon();
  term.loadAddon(fit);
  term.loadAddon(new UnicodeGraphemesAddon());
  term.open(host);

  let replaying = false;
  let queued = false;
  silence(term, () => replaying);
  return {
    term,
    fit,
    write(bytes, replay, drawn) {
      if (replay !== queued) term.write("", () => (replaying = replay));
      queued = replay;
      term.write(bytes, drawn);
    },
  };
}

/** The terminal keeps its own, dark colours; they come from the tokens. */
function theme(style: CSSStyleDeclaration): ITheme {
  const token = (name: string) => style.getPropertyValue(`--term-${name}`).trim();
  const base: ITheme = {
    background: token("bg"),
    foreground: token("text"),
    cursor: token("text"),
    cursorAccent: token("bg"),
    selectionBackground: "#3d5a6a",
    black: "#30393f",
    white: token("text"),
    brightBlack: token("dim"),
    brightWhite: "#ffffff",
  };
  const colours = ["red", "green", "yellow", "blue", "magenta", "cyan"] as const;
  for (const colour of colours) {
    base[colour] = token(colour);
    base[`bright${colour[0]?.toUpperCase()}${colour.slice(1)}` as "brightRed"] = token(colour);
  }
  return base;
}

/**
 * While old output is replayed, the questions in it must not be answered: who asked is gone, and the answer would
 * land in the shell as typed text. Clipboard writes (OSC 52) are refused always.
 */
function silence(term: Terminal, replaying: () => boolean): void {
  const { parser } = term;
  const quiet = () => replaying();
  // DA1, DA2, DA3, DSR, DECDSR, DECRQM, XTVERSION, window reports (ECMA-48, xterm's ctlseqs).
  for (const id of [
    { final: "c" },
    { prefix: ">", final: "c" },
    { prefix: "=", final: "c" },
    { final: "n" },
    { prefix: "?", final: "n" },
    { intermediates: "$", final: "p" },
    { prefix: "?", intermediates: "$", final: "p" },
    { prefix: ">", final: "q" },
    { final: "t" },
  ]) {
    parser.registerCsiHandler(id, quiet);
  }
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, quiet);
  for (const colour of [4, 10, 11, 12]) {
    parser.registerOscHandler(colour, (data) => replaying() && data.includes("?"));
  }
  parser.registerOscHandler(52, () => true);
}
