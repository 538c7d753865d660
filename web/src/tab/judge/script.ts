/// What a check's exit status and output mean: the twin of crates/grading/src/verdict.rs. Pure.

import type { CheckOutput } from "../../core/wire/messages";
import type { Judgement } from ".";

const MAX_FEEDBACK_LINES = 50;
const MAX_LINE_CHARS = 400;
const SCORE = /^\s*score\s+(\S+)\s*$/;
/** Numbers as Rust reads them. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Control characters, and those that turn the direction of what follows (UAX #9 §2). */
const UNPRINTABLE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

export function judgeOutput({ exit, stdout }: Pick<CheckOutput, "exit" | "stdout">): Judgement {
  const code = exit !== null && "code" in exit ? exit.code : null;
  const { scores, feedback } = read(stdout);
  const last = (isAllowed: (score: number) => boolean) => scores.filter(isAllowed).at(-1);
  if (code === 0) return { verdict: "done", share: last((score) => score >= 0 && score <= 1) ?? 1, feedback };
  if (code === 1) {
    const share = last((score) => score >= 0 && score < 1) ?? 0;
    return { verdict: share > 0 ? "part" : "not_yet", share, feedback };
  }
  // What a broken check printed may be anything.
  return { verdict: "broken", share: 0, feedback: [] };
}

function read(stdout: string): { scores: number[]; feedback: string[] } {
  const scores: number[] = [];
  const feedback: string[] = [];
  const lines = stdout.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    const score = scoreOf(line);
    if (score !== null) scores.push(score);
    else if (feedback.length < MAX_FEEDBACK_LINES) feedback.push(clean(line));
  }
  while (feedback.at(-1) === "") feedback.pop();
  return { scores, feedback };
}

function scoreOf(line: string): number | null {
  const word = SCORE.exec(line)?.[1];
  return word !== undefined && NUMBER.test(word) ? Number(word) : null;
}

function clean(line: string): string {
  const printable = line.trimEnd().replaceAll("\t", " ").replace(UNPRINTABLE, "");
  return Array.from(printable).slice(0, MAX_LINE_CHARS).join("");
}
