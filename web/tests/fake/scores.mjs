/// A course's scores for the teacher's page: one learner of every kind.

const NAMES = ["Amina Benali", "Bao Nguyen", "Chloé Martin", "Diego Santos", "Élise Roy"];

/** `sent` by learner: points, state, tries, what the platform said. Diego has not come by the platform. */
const SENT = [
  [5, "sent", 1, "taken", 200],
  [3, "waiting", 4, "no_answer", null],
  [4, "sent", 1, "taken", 200],
  null,
  [1, "failed", 5, "refused", 500],
];

export class FakeScores {
  constructor(platform) {
    this.platform = platform;
    this.resent = [];
  }

  view(labs, lang) {
    const now = Date.now();
    return {
      course: "networks",
      title: "Networks, week 3",
      labs: labs.map((lab) => ({ name: lab.name, title: lab.title[lang], points: 6, rule: this.rule ?? null, own_rule: this.rule !== undefined })),
      links: this.platform ? [{ id: "k1", platform: "Campus", title: "Lab one", lab: "tcp-handshake", step: null, column: true, task: null, by_tasks: false, no_task_columns: this.platform === "one column" }] : [],
      learners: NAMES.map((display_name, n) => ({
        id: `l${n}`,
        name: n === 4 ? "=cmd|x" : `user${n}`,
        display_name,
        labs: SENT[n] ? [{ lab: "tcp-handshake", score: SENT[n][0], late: n === 2 && this.rule !== undefined }] : [],
        more_time: this.more?.learner === `l${n}` ? [{ lab: "tcp-handshake", until: this.more.until }] : [],
        sent: this.platform && SENT[n] ? [this.sent(n, now)] : [],
      })),
    };
  }

  sent(n, now) {
    const [score, state, tries, said, status] = this.resent.includes(`x${n}`) ? [SENT[n][0], "waiting", 0, "", null] : SENT[n];
    const sent_at = state === "sent" ? now - 120_000 : null;
    return { id: `x${n}`, link: "k1", subject: `${100 + n}`, score, points: 6, reached_at: now - 180_000, state, tries, next_at: now + 60_000, sent_at, status, said, ...this.tried(n, now) };
  }

  /** Élise's score is refused for itself. */
  tried(n, now) {
    const refused = SENT[n][3] === "refused";
    return { tried_at: now - 60_000, answer: refused ? "Server Error (500): no such user in this course" : "", refusals: refused ? 3 : 0 };
  }

  route(parts, method, body, labs, lang) {
    const now = Date.now();
    if (parts[3] === "resend") {
      const ids = body.scores.length > 0 ? body.scores : ["x0", "x1", "x2", "x4"];
      this.resent.push(...ids);
      return { scores: ids.length };
    }
    if (parts[3] === "history") return [this.sent(4, now), this.sent(2, now), { ...this.sent(2, now), id: "x2a", score: 2, state: "superseded", said: "" }];
    if (parts[3] === "comparison") {
      const differences = [{ learner: "l2", score_id: "x2", score: 4, points: 6, theirs: 2.5, their_points: 6 }];
      return { at: now, links: [{ link: "k1", outcome: "read", status: null, same: 1, differences }] };
    }
    return this.view(labs, lang);
  }
}
