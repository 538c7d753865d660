// Course platforms of the make-believe server: what operators set up, launches, and what teachers pick.

const AT = Date.UTC(2026, 10, 20, 9, 30);

const finding = (level, code, values = {}) => ({ level, code, values });
/** One of everything that the page has to lay out: long addresses, numbers, times. */
const FINDINGS = [
  finding("good", "own", { url: "https://labs.example.org" }),
  finding("good", "keys", { n: "2" }),
  finding("bad", "clock_ahead", { seconds: "3605" }),
  finding("good", "auth"),
  finding("bad", "token_refused", { code: "invalid_client" }),
  finding("bad", "seen_client", { client: "d5f84fef-eb91-400c-b732-b5952296064a", at: String(AT), n: "3" }),
  finding("note", "never_launched"),
];

const open = (body) => ({
  id: "p1",
  token_audience: null,
  created_at: AT,
  launched_at: null,
  ...body,
});

export class Platforms {
  all = [];

  known(url) {
    return {
      login_url: `${url}/lti/login`,
      launch_url: `${url}/lti/launch`,
      jwks_url: `${url}/lti/jwks`,
      domain: "127.0.0.1",
      parameter: "labwright",
      courses: [{ id: "networks", title: "Networks, week 3" }],
      platforms: this.all,
    };
  }

  /** `parts`: the path below `/operator/platforms`. */
  operator(url, method, [id, act], body) {
    if (method === "GET") return this.known(url);
    if (method === "DELETE") return void (this.all = this.all.filter((one) => one.id !== id));
    if (id === "links") return { url: `${url}/lti/register/0123456789abcdef`, expires_at: AT + 7 * 864e5 };
    if (act === "test") return { at: AT, findings: FINDINGS };
    if (id === undefined) this.all.push(open({ ...body, id: `p${this.all.length + 1}` }));
    else this.all = this.all.map((one) => (one.id === id ? { ...one, ...body } : one));
    return this.all.at(id === undefined ? -1 : this.all.findIndex((one) => one.id === id));
  }
}

/** What a teacher can pick. */
export function choices(labs) {
  const lab = (one) => ({
    course: "networks",
    course_title: "Networks, week 3",
    lab: one.name,
    title: one.title.en ?? one.title,
    summary: "Three machines, two networks, and a question.",
    points: 15,
    tasks: 6,
    steps: [1, 2, 3].map((n) => ({ n, title: `Step number ${n}`, points: 5, tasks: n })),
  });
  return { platform: "Campus", labs: labs.map(lab), new_link: true, takes_points: true };
}
