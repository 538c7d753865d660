/// The query editor: CodeMirror with SQLite's words, completion from the database's schema, and marks where something is
/// wrong. It knows no database.

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { SQLite, sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Table } from "./protocol";
import { statementAt, statementsOf, tablesNamed, type Statement } from "./statements";

export interface EditorEvents {
  run(): void;
  check(): void;
  changed(text: string): void;
  /** A key before the editor sees it; true when it was taken. */
  key(event: KeyboardEvent): boolean;
}

export interface EditorWords {
  label: string;
  placeholder: string;
  completions: string;
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null], color: "var(--accent-strong)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--done)" },
  { tag: tags.number, color: "var(--part)" },
  { tag: tags.comment, color: "var(--text-3)", fontStyle: "italic" },
  { tag: tags.typeName, color: "var(--person)" },
]);

const LOOK = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", height: "100%", fontSize: "var(--sql-size, 0.875rem)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6" },
  ".cm-content": { padding: "var(--s3) 0", caretColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--text-3)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2.25rem", paddingRight: "var(--s3)" },
  ".cm-selectionMatch, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  ".cm-content ::selection": { backgroundColor: "var(--accent-soft)" },
  ".cm-placeholder": { color: "var(--text-3)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)", boxShadow: "var(--shadow-2)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)", maxHeight: "12rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-solid)" },
  ".cm-completionDetail": { color: "var(--text-3)", fontStyle: "normal" },
  ".cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad) 1.5px" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
});

export class QueryEditor {
  readonly view: EditorView;
  #language = new Compartment();
  #words = new Compartment();

  constructor(parent: HTMLElement, text: string, words: EditorWords, events: EditorEvents) {
    // A list of completions would lie over what comes of it.
    const closing = (act: () => void) => (view: EditorView) => (closeCompletion(view), act(), true);
    const [run, check] = [closing(() => events.run()), closing(() => events.check())];
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          Prec.highest(EditorView.domEventHandlers({ keydown: (event) => events.key(event) })),
          Prec.high(keymap.of([{ key: "Mod-Enter", run }, { key: "Alt-Enter", run: check }])),
          lineNumbers(),
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false }),
          EditorView.lineWrapping,
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          syntaxHighlighting(COLOURS),
          LOOK,
          this.#language.of(languageFor([])),
          this.#words.of(wordsFor(words)),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            events.changed(update.state.doc.toString());
          }),
        ],
      }),
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  /** What Run runs: the selection, else everything. */
  get toRun(): Statement[] {
    const { from, to } = this.view.state.selection.main;
    if (from === to) return statementsOf(this.text);
    return statementsOf(this.text.slice(from, to)).map((one) => ({ ...one, from: one.from + from, to: one.to + from }));
  }

  /** What a check takes: the selection, else the statement that the cursor is in. */
  get toCheck(): string {
    const { from, to, head } = this.view.state.selection.main;
    if (from !== to) return this.text.slice(from, to);
    return statementAt(this.text, head)?.text ?? "";
  }

  setTables(tables: Table[]): void {
    this.view.dispatch({ effects: this.#language.reconfigure(languageFor(tables)) });
  }

  setWords(words: EditorWords): void {
    this.view.dispatch({ effects: this.#words.reconfigure(wordsFor(words)) });
  }

  /** Puts a text in the place of all; it can be undone. */
  replace(text: string): void {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text }, selection: { anchor: text.length } });
    this.focus();
  }

  insert(text: string): void {
    this.view.dispatch(this.view.state.replaceSelection(text));
    this.focus();
  }

  mark(from: number, to: number, message: string): void {
    const length = this.view.state.doc.length;
    const mark = { from: Math.min(from, length), to: Math.min(to, length), severity: "error" as const, message };
    this.view.dispatch(setDiagnostics(this.view.state, [mark]));
  }

  unmark(): void {
    this.view.dispatch(setDiagnostics(this.view.state, []));
  }

  /** The cursor goes to what is wrong. */
  goTo(at: number): void {
    this.view.dispatch({ selection: { anchor: Math.min(at, this.view.state.doc.length) }, scrollIntoView: true });
    this.focus();
  }

  focus(): void {
    this.view.focus();
  }

  destroy(): void {
    this.view.destroy();
  }
}

function languageFor(tables: Table[]) {
  const schema = Object.fromEntries(
    tables.map((table) => [
      table.name,
      table.columns.map((column) => ({ label: column.name, detail: column.type.toLowerCase(), type: "property" })),
    ]),
  );
  const columns = (context: CompletionContext) => completeColumns(context, tables);
  return [sql({ dialect: SQLite, schema, upperCaseKeywords: true }), SQLite.language.data.of({ autocomplete: columns })];
}

/** Columns of the tables that the statement names, without the table before them: nearer than any keyword. */
function completeColumns(context: CompletionContext, tables: Table[]): CompletionResult | null {
  const word = context.matchBefore(/(?<![\p{L}\p{N}_.])[\p{L}_][\p{L}\p{N}_]*/u);
  if (!word) return null;
  const text = context.state.doc.toString();
  const named = tablesNamed(statementAt(text, context.pos)?.text ?? "", tables);
  const options = named.flatMap((table) =>
    table.columns.map((column) => ({ label: column.name, detail: table.name, type: "property", boost: 50 })),
  );
  return { from: word.from, options, validFor: /^[\p{L}\p{N}_]*$/u };
}

function wordsFor(words: EditorWords) {
  return [
    EditorView.contentAttributes.of({ "aria-label": words.label, tabindex: "0", autocapitalize: "off", autocorrect: "off", spellcheck: "false" }),
    placeholder(words.placeholder),
    EditorState.phrases.of({ Completions: words.completions }),
  ];
}
