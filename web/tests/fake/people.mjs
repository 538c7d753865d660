/// A course's people for the teacher's page: two kinds of invitation, a class list.

export class FakePeople {
  constructor() {
    const day = 864e5;
    this.invitations = [
      { id: "i1", role: "learner", hint: "k7", made_at: Date.now() - day, expires_at: Date.now() + 13 * day, uses_left: 88 },
      { id: "i2", role: "teacher", hint: "", made_at: Date.now() - 2 * day, expires_at: Date.now() + day, uses_left: 1 },
    ];
    this.roster = null;
  }

  view() {
    const person = (n, name, display_name, role, group) => ({ id: `p${n}`, name, display_name, role, group, erase_at: n === 1 ? Date.now() + 5 * 864e5 : null });
    const people = [
      person(0, "amina", "Amina Benali", "learner", "TD 2"),
      person(1, "bao@school.example", "Bao Nguyen", "learner", null),
      person(2, "claire", "Claire Perrin", "teacher", null),
    ];
    if (this.roster) people.push(person(3, "zoe@school.example", "Zo\u00e9 M\u00fcller", "learner", "TD 2"));
    return { course: "networks", title: "Networks, week 3", people, invitations: this.invitations, roster: this.roster };
  }

  invitation(parts, method, body, url) {
    if (method === "DELETE") {
      this.invitations = this.invitations.filter((one) => one.id !== parts[3]);
      return undefined;
    }
    const code = body.short ? "k7m2-p9qx" : "birch-42";
    return { code, url: `${url}/invitations/${code}`, expires_at: Date.now() + 864e5 };
  }

  take(parts, body) {
    if (parts[3] === "undo") {
      this.roster = null;
      return { left: 1 };
    }
    const text = Buffer.from(body.file, "base64").toString();
    if (body.apply) this.roster = { made_at: Date.now(), joined: 1 };
    const zoe = { line: 2, name: "zoe@school.example", display_name: "Zo\u00e9 M\u00fcller", group: "TD 2", change: "new", code: body.apply ? "abcd-2345" : null };
    const amina = { line: 3, name: "amina", display_name: "Amina Benali", group: "TD 2", change: "stays", code: null };
    return { encoding: "UTF-8", applied: body.apply, people: [zoe, amina], faults: text.includes("nobody") ? [{ line: 4, fault: "bad_email" }] : [] };
  }
}
