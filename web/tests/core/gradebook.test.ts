import { describe, expect, test } from "vitest";
import { columnsOf, fill, mostOf, readBook } from "../../src/pages/gradebook";
import { fieldOf, momentOf } from "../../src/pages/moments";
import { linesOf, said } from "../../src/pages/scores";
import type { Scores, SentScore } from "../../src/core/types";

const ada = { names: ["17", "ada", "Ada Ngo"], points: 4 };

describe("a grade book", () => {
  test("of Canvas says its most points, and is filled by name in either order", () => {
    const book = readBook("Student,ID,SIS User ID,SIS Login ID,Section,Lab (3)\r\n  Points Possible,,,,,10\r\n\"Ngo, Áda\",9,,,A,\r\n");
    expect([columnsOf(book), mostOf(book, 5)]).toEqual([[5], 10]);
    expect(fill(book, 5, [ada]).text.split("\r\n")[2]).toBe('"Ngo, Áda",9,,,A,4');
  });

  test("of Open edX takes overrides only", () => {
    const book = readBook("user_id,username,course_id,name-ab12cd34,original_grade-ab12cd34,previous_override-ab12cd34,new_override-ab12cd34\n1,ada,c,Lab,0,,\n");
    expect(columnsOf(book)).toEqual([6]);
    expect(fill(book, 6, [ada]).text.split("\r\n")[1]).toBe("1,ada,c,Lab,0,,4");
  });

  test("of Moodle has first and last names apart, and may come with semicolons", () => {
    const book = readBook("\ufeffFirst name;Last name;Email address;Lab (Real)\nAda;Ngo;a@x.org;-\n");
    expect([book.separator, columnsOf(book)]).toEqual([";", [3]]);
    expect(fill(book, 3, [{ names: ["", "lti-77", "Ada Ngo"], points: 2.5 }]).text.split("\r\n")[1]).toBe("Ada;Ngo;a@x.org;2.5");
  });

  test("with two of a name is filled for neither, and says so", () => {
    const book = readBook("Student,Lab\nAda Ngo,\nNgo Ada,1\n");
    const filled = fill(book, 1, [ada, { names: ["x", "nobody"], points: 1 }]);
    expect([filled.filled, filled.missing]).toEqual([0, ["Ada Ngo", "nobody"]]);
    expect(filled.text).toBe("Student,Lab\r\nAda Ngo,\r\nNgo Ada,1\r\n");
  });

  test("keeps quotes, line ends in fields and empty fields as they were", () => {
    const text = 'Student,Note,Lab\r\n"Ada ""A"" Ngo","two\nlines",\r\n';
    expect(fill(readBook(text), 2, []).text).toBe(text);
  });
});

describe("moments in fields", () => {
  test("come back as they went, to the minute", () => {
    const at = new Date(2026, 10, 30, 18, 5).getTime();
    expect(fieldOf(at)).toBe("2026-11-30T18:05");
    expect(momentOf(fieldOf(at))).toBe(at);
    expect([fieldOf(null), momentOf(""), momentOf("nonsense")]).toEqual(["", null, null]);
  });
});

describe("lines of scores", () => {
  const sent = (state: SentScore["state"], tries: number): SentScore => ({
    id: `${state}${tries}`, link: "k", subject: "", score: 1, points: 2, reached_at: 0, state, tries, next_at: 0, sent_at: null, status: null, said: "taken", tried_at: null, answer: "", refusals: 0,
  });
  const scores: Scores = {
    course: "c",
    title: "C",
    labs: [{ name: "l", title: "L", points: 2, rule: null, own_rule: false }],
    links: [{ id: "k", platform: "P", title: "T", lab: "l", step: null, column: true, task: null, by_tasks: false, no_task_columns: false }],
    learners: [sent("sent", 1), sent("waiting", 2), sent("failed", 5)].map((one, n) => ({
      id: `${n}`, name: `${n}`, display_name: `${n}`, labs: [], more_time: [], sent: [one],
    })),
  };

  test("differences stand first, then what is refused, then what waits", () => {
    expect(linesOf(scores, "l", null).map((line) => line.learner)).toEqual(["2", "1", "0"]);
    const difference = { learner: "0", score_id: "sent1", score: 1, points: 2, theirs: null, their_points: null };
    const compared = { at: 0, links: [{ link: "k", outcome: "read" as const, status: null, same: 0, differences: [difference] }] };
    expect(linesOf(scores, "l", compared)[0]?.difference).toEqual(difference);
    expect(linesOf(scores, "other", null)).toHaveLength(3);
  });

  test("a word of a later version is told as it is", () => {
    expect(said({ ...sent("sent", 1), said: "news" })).toBe("scores.said.other");
  });
});
