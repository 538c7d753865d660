/// Make-believe help: hands, the queue, looks and their log. One course, whatever its name.

import { LABS, STEPS } from "./data.mjs";

const ASK_MS = 120_000;
const LOOK_MS = 600_000;

export class FakeHelp {
  /** `refuse(status, code, message)` throws; `exam`: teachers look without asking. */
  constructor(refuse, { exam = false } = {}) {
    Object.assign(this, { refuse, exam, stamp: 1, hands: [], looks: new Map(), lines: [], listeners: new Set(), next: 1, duty: false });
  }

  changed() {
    this.stamp += 1;
    for (const tell of this.listeners) tell();
  }

  log(look, act, more = {}) {
    this.lines.unshift({ at: Date.now(), lab: "Watch a TCP handshake", look: look?.id ?? null, teacher: "Claire Perrin", act, what: null, end: null, ...more });
  }

  /** As a learner's page shows it. */
  state(session, lang) {
    const hand = this.hands.findLast((one) => one.session === session.id) ?? null;
    const before = this.hands.filter((one) => one.up && one.waits && hand && one.at < hand.at).length;
    const task = hand && taskOf(hand.task);
    const look = [...this.looks.values()].find((one) => one.session === session.id && one.end === null);
    return {
      hand: hand && {
        id: hand.id,
        step: hand.step,
        task: task ? task.title[lang] : null,
        words: hand.words,
        attempts: hand.attempts.length,
        tail: hand.tail?.of ?? null,
        raised_at: hand.at,
        up: hand.up,
        place: hand.up && hand.waits ? before + 1 : null,
        wait_ms: hand.up && hand.waits ? 240_000 : null,
        taken_by: hand.takenBy,
        down: hand.down,
      },
      said: hand?.said ?? [],
      on_duty: this.duty,
      teachers: ["Claire Perrin", "Ben Okafor"],
      exam: this.exam,
      look: look ? { id: look.id, teacher: "Claire Perrin", watching: look.watching, until: look.until, keys: look.keys, exam: this.exam } : null,
    };
  }

  /** Routes below a session; undefined when it is none of ours. */
  ofSession(session, method, noun, key, verb, body, lang) {
    if (noun === "help") return this.state(session, lang);
    if (noun === "looks" && method === "GET") return this.lines;
    if (noun === "looks") this.answer(session, key, body.answer);
    else if (noun !== "hand") return undefined;
    else if (method === "DELETE") this.lower(session);
    else if (key === "words") this.say(this.up(session), null, body.words);
    else this.raise(session, body);
    return this.state(session, lang);
  }

  up(session) {
    return this.hands.find((one) => one.session === session.id && one.up) ?? this.refuse(409, "hand_down", "This hand is down already.");
  }

  raise(session, { step, task, words, attempts, tail }) {
    if (this.hands.some((one) => one.session === session.id && one.up)) this.refuse(409, "hand_up", "Your hand is up already.");
    const shown = session.attempts.filter((one) => attempts.includes(one.at));
    this.put({ session: session.id, learner: "a1", name: "Amina Benali", step, task, words, attempts: shown, tail });
  }

  /** A hand of somebody's, as a test wants it. */
  put(more) {
    const hand = { id: `h${this.next++}`, session: "other", learner: "l1", name: "Bao Nguyen", step: 2, task: "captured", words: "", attempts: [], tail: null, at: Date.now(), up: true, waits: true, takenBy: null, down: null, said: [], ...more };
    this.hands.push(hand);
    this.changed();
    return hand;
  }

  lower(session) {
    Object.assign(this.up(session), { up: false, waits: false, down: "lowered" });
    this.changed();
  }

  say(hand, teacher, words) {
    hand.said = [...hand.said, { teacher, words, at: Date.now(), all_at: null }];
    hand.waits = teacher === null;
    this.changed();
  }

  answer(session, id, said) {
    const look = this.looks.get(id);
    if (!look || look.session !== session.id || look.end !== null) this.refuse(409, "look_over", "This question is over.");
    if (said === "allow") Object.assign(look, { watching: true, until: Date.now() + LOOK_MS }), this.log(look, "allowed");
    if (said === "refuse") this.end(look, "refused");
    if (said === "end") this.end(look, "learner");
    if (said === "give_keys") (look.keys = "given"), this.log(look, "keys_given");
    if (said === "keep_keys") this.log(look, look.keys === "given" ? "keys_back" : "keys_refused"), (look.keys = "no");
    this.changed();
  }

  end(look, why) {
    Object.assign(look, { end: why, keys: "no" });
    this.log(look, why === "refused" ? "refused" : "ended", { end: why });
    look.watching = false;
    for (const ws of look.sockets) ws.close(4403);
    this.changed();
  }

  async ofCourse(me, method, [noun, id, verb], body, lang, after) {
    if (noun === "help") return this.queue(me, lang, after);
    if (noun === "looks") return this.ask(body);
    if (noun === "answers") {
      if (!taskOf(body.task)) this.refuse(400, "bad_request", "there is no such task");
      this.log(null, "answered");
      return { learners: 4 };
    }
    const hand = this.hands.find((one) => one.id === id) ?? this.refuse(404, "not_found", "there is no such hand");
    if (verb === "close") Object.assign(hand, { up: false, waits: false, down: "closed" });
    else {
      const foreign = hand.takenBy !== null && hand.takenBy !== me.display_name;
      if (foreign && !body.over) this.refuse(409, "hand_taken", `${hand.takenBy} has taken this hand.`, "Leave it, or take it over.");
      hand.takenBy = me.display_name;
      if (verb === "answer") {
        this.say(hand, me.display_name, body.words);
        this.log(null, "answered");
        return { learners: body.all ? 4 : 1 };
      }
    }
    this.changed();
    return undefined;
  }

  async queue(me, lang, after) {
    this.duty = true;
    await this.newer(() => this.stamp > after);
    const hands = this.hands.filter((one) => one.up).sort((a, b) => Number(b.waits) - Number(a.waits) || a.at - b.at);
    return {
      course: "networks",
      course_title: "Networks, week 3",
      lab: LABS[0].name,
      at: Date.now(),
      stamp: this.stamp,
      exam: this.exam,
      hands: hands.map((hand) => ({
        id: hand.id,
        learner: hand.learner,
        name: hand.name,
        here: true,
        lab: LABS[0].name,
        lab_title: LABS[0].title[lang],
        step: hand.step,
        task: hand.task,
        task_title: taskOf(hand.task)?.title[lang] ?? null,
        words: hand.words,
        attempts: hand.attempts,
        tail: hand.tail,
        raised_at: hand.at,
        waits: hand.waits,
        taken_by: hand.takenBy,
        mine: hand.takenBy === me.display_name,
        said: hand.said,
        stuck_too: 3,
      })),
    };
  }

  ask({ learner }) {
    const hand = this.hands.findLast((one) => one.learner === learner);
    const id = `look${this.next++}`;
    const look = { id, session: hand?.session ?? "other", name: hand?.name ?? "Bao Nguyen", learner, watching: this.exam, until: Date.now() + (this.exam ? LOOK_MS : ASK_MS), keys: "no", end: null, sockets: new Set() };
    this.looks.set(id, look);
    this.log(look, this.exam ? "exam" : "asked");
    this.changed();
    return this.look(look, "en");
  }

  async ofLook(method, id, body, lang, after, sessions) {
    const look = this.looks.get(id) ?? this.refuse(404, "not_found", "there is no such look");
    if (method === "POST") {
      if (body.wish === "end") this.end(look, "teacher");
      if (body.wish === "ask_keys") (look.keys = "asked"), this.log(look, "keys_asked");
      if (body.wish === "give_keys_back") (look.keys = "no"), this.log(look, "keys_back");
      this.changed();
    } else await this.newer(() => this.stamp > after || look.end !== null);
    return this.look(look, lang, sessions.get(look.session));
  }

  look(look, lang, session) {
    const shells = look.watching && session ? [...session.shells.values()] : [];
    return {
      id: look.id,
      course: "networks",
      lab: LABS[0].name,
      title: LABS[0].title[lang],
      learner: look.learner,
      name: look.name,
      watching: look.watching,
      until: look.until,
      end: look.end ?? undefined,
      keys: look.keys,
      exam: this.exam,
      apps: shells.map(({ id, title }) => ({ id, desktop: false, label: title, cols: 90, rows: 24 })),
      at: Date.now(),
      stamp: this.stamp,
    };
  }

  async newer(is) {
    const until = Date.now() + 2_000;
    while (!is() && Date.now() < until) await new Promise((done) => setTimeout(done, 20));
  }
}

function taskOf(id) {
  return STEPS.flatMap((step) => step.tasks).find((task) => task.id === id) ?? null;
}
