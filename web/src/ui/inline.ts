/// Splits an author's line into its marks. Pure; the pieces are drawn as text, never as HTML.

export interface InlinePiece {
  kind: "text" | "code" | "strong" | "em";
  text: string;
}

const MARKS = /(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s](?:[^*]*[^*\s])?\*)/;

export function inline(text: string): InlinePiece[] {
  return text
    .split(MARKS)
    .filter((part) => part !== "")
    .map((part): InlinePiece => {
      if (part.length > 2 && part.startsWith("`") && part.endsWith("`")) return { kind: "code", text: part.slice(1, -1) };
      if (part.length > 4 && part.startsWith("**") && part.endsWith("**")) {
        return { kind: "strong", text: part.slice(2, -2) };
      }
      if (part.length > 2 && part.startsWith("*") && part.endsWith("*")) return { kind: "em", text: part.slice(1, -1) };
      return { kind: "text", text: part };
    });
}
