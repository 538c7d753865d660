/// Judges an attempt in the tab. A fault is the learner's to mend and counts as no attempt; a broken check costs nothing.

import type { components } from "../../core/api.gen";
import type { Cell } from "../../apps/sql/protocol";
import type { Lang } from "../../core/settings.svelte";
import type { TaskView } from "../../core/types";
import { isRight, MAX_ANSWER_CHARS, parseAnswer, type AnswerFault } from "./answers";
import { askDatabase } from "./query";
import { compareRows } from "./rows";
import { failureWords, rowsWords } from "./words";

type Schemas = components["schemas"];
type TabTask = Schemas["TabTask"];
type TabCell = Schemas["TabCell"];
export type ScriptCheck = Extract<Schemas["TabCheck"], { by: "script" }>;

export interface Judgement {
  verdict: "done" | "part" | "not_yet" | "broken";
  share: number;
  feedback: string[];
}

export interface Judges {
  /** The author's own copy of a database. */
  database(file: string): Promise<ArrayBuffer>;
  /** Runs a script in the machine. */
  script(check: ScriptCheck, task: string, answer: string): Promise<Judgement>;
  lang: Lang;
}

export type Judged = { judgement: Judgement; answer: string | null } | { fault: AnswerFault };

export async function judge(task: TaskView, { check, choices }: TabTask, given: string | null | undefined, judges: Judges): Promise<Judged> {
  if (check.by === "rows") {
    const sql = (given ?? "").replaceAll("\0", "");
    if (sql.trim() === "") return { fault: "missing" };
    if (Array.from(sql).length > MAX_ANSWER_CHARS) return { fault: "too_long" };
    return { judgement: await judgeRows(check, sql, judges), answer: sql };
  }
  let answer: string | null = null;
  if (task.kind === "text" || task.kind === "number" || task.kind === "choice") {
    const parsed = parseAnswer(task.kind, choices, given);
    if ("fault" in parsed) return parsed;
    answer = parsed.answer;
  }
  if (check.by === "script") return { judgement: await judges.script(check, task.id, answer ?? ""), answer };
  if (check.by === "broken" || answer === null) return { judgement: BROKEN, answer };
  return { judgement: verdictOf(await isRight(check, choices, answer)), answer };
}

export const BROKEN: Judgement = { verdict: "broken", share: 0, feedback: [] };

function verdictOf(right: boolean, feedback: string[] = []): Judgement {
  return { verdict: right ? "done" : "not_yet", share: right ? 1 : 0, feedback };
}

async function judgeRows(check: Extract<Schemas["TabCheck"], { by: "rows" }>, sql: string, { database, lang }: Judges): Promise<Judgement> {
  const outcome = await askDatabase({ database: await database(check.database), sql });
  if (outcome.is !== "table") return verdictOf(false, failureWords(outcome, sql, lang));
  const expected = { columns: check.columns, rows: check.rows.map((row) => row.map(cellOf)) };
  const verdict = compareRows(expected, outcome, check.ordered);
  return verdictOf(verdict.is === "same", rowsWords(verdict, lang));
}

export function cellOf(cell: TabCell | null): Cell {
  if (cell === null) return null;
  if ("integer" in cell) return BigInt(cell.integer);
  if ("real" in cell) return realOf(cell.real);
  if ("text" in cell) return cell.text;
  return Uint8Array.from(cell.blob.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function realOf(text: string): number {
  return text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text);
}
