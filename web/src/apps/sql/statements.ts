/// A text of SQL and its statements: where each begins and ends, and which one a cursor is in. Pure.

export interface Statement {
  /** Offsets in the text; the `;` is not part of it, nor is the space around. */
  from: number;
  to: number;
  text: string;
}

type Token = { kind: "space" | "word" | "semicolon" | "other"; from: number; to: number };

const END_OF: Record<string, string> = { "'": "'", '"': '"', "`": "`", "[": "]" };
const WORD = /[\p{L}\p{N}_$]+/uy;

/** The statements of a text. A trigger's body has semicolons of its own, up to its END. */
export function statementsOf(text: string): Statement[] {
  const found: Statement[] = [];
  let first: Token | null = null;
  let last: Token | null = null;
  let words: string[] = [];
  let depth = 0;
  const close = () => {
    if (first && last) found.push({ from: first.from, to: last.to, text: text.slice(first.from, last.to) });
    first = last = null;
    words = [];
    depth = 0;
  };
  for (const token of tokensOf(text)) {
    if (token.kind === "space") continue;
    if (token.kind === "semicolon" && depth === 0) {
      close();
      continue;
    }
    if (token.kind === "word") {
      const word = text.slice(token.from, token.to).toUpperCase();
      if (words.length < 4) words.push(word);
      if (isTrigger(words)) depth = Math.max(0, depth + depthOf(word));
    }
    first ??= token;
    last = token;
  }
  close();
  return found;
}

/** The statement that the cursor is in or behind; before the first one, the first. */
export function statementAt(text: string, cursor: number): Statement | null {
  const all = statementsOf(text);
  return all.filter((one) => one.from <= cursor).at(-1) ?? all[0] ?? null;
}

/** Line and column, from 1, of an offset. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The offset in a JavaScript text of an offset in its UTF-8 bytes. */
export function fromBytes(text: string, bytes: number): number {
  let seen = 0;
  let at = 0;
  for (const char of text) {
    if (seen >= bytes) break;
    const code = char.codePointAt(0) ?? 0;
    seen += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    at += char.length;
  }
  return at;
}

/** The tables that a statement names anywhere. */
export function tablesNamed<T extends { name: string }>(sql: string, tables: T[]): T[] {
  const words = new Set(sql.toLowerCase().match(/[\p{L}\p{N}_$]+/gu));
  return tables.filter(({ name }) => words.has(name.toLowerCase()) || (/\W/.test(name) && sql.includes(name)));
}

function isTrigger(words: string[]): boolean {
  const [create, second, third] = words;
  if (create !== "CREATE") return false;
  return second === "TRIGGER" || ((second === "TEMP" || second === "TEMPORARY") && third === "TRIGGER");
}

function depthOf(word: string): number {
  if (word === "BEGIN" || word === "CASE") return 1;
  return word === "END" ? -1 : 0;
}

function* tokensOf(text: string): Generator<Token> {
  let at = 0;
  while (at < text.length) {
    const from = at;
    const char = text[at] ?? "";
    const two = text.slice(at, at + 2);
    let kind: Token["kind"] = "other";
    if (/\s/.test(char)) {
      kind = "space";
      at += 1;
    } else if (two === "--") {
      kind = "space";
      at = endAfter(text, "\n", at);
    } else if (two === "/*") {
      kind = "space";
      at = endAfter(text, "*/", at + 2);
    } else if (char === ";") {
      kind = "semicolon";
      at += 1;
    } else if (END_OF[char] !== undefined) {
      // A quote in a quoted text is written twice: two texts, for our purpose.
      at = endAfter(text, END_OF[char], at + 1);
    } else {
      WORD.lastIndex = at;
      const word = WORD.exec(text);
      if (word) kind = "word";
      at += word ? word[0].length : char.length;
    }
    yield { kind, from, to: at };
  }
}

function endAfter(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at + mark.length;
}
