/// What operators type about a course platform, and what follows from it.
import { describe, expect, it } from "vitest";
import { baseOf, bodyOf, KINDS, lines, nothing, ofSite, there, wrongOf } from "../../src/pages/platforms";

const tool = {
  login_url: "https://labs/lti/login", launch_url: "https://labs/lti/launch", jwks_url: "https://labs/lti/jwks", domain: "labs", parameter: "labwright", courses: [], platforms: [],
};

describe("what follows from a site", () => {
  it.each([
    ["https://lms.example.org/", "https://lms.example.org"],
    ["lms.example.org/moodle/?a=1", "https://lms.example.org/moodle"],
    [" ", null],
    ["https://", null],
  ])("%s", (site, base) => expect(baseOf(site)).toBe(base));

  it("knows every kind's addresses", () => {
    expect(ofSite("moodle", "https://m.example/x").token_url).toBe("https://m.example/x/mod/lti/token.php");
    expect(ofSite("openedx", "https://e.example")).toMatchObject({ deployments: "1", auth_url: "https://e.example/api/lti_consumer/v1/launch/" });
    expect(ofSite("canvas", "https://school.instructure.com")).toMatchObject({ issuer: "https://canvas.instructure.com", origins: "https://school.instructure.com" });
    expect(ofSite("moodle", "")).toEqual({});
  });

  it("gives every kind all of the tool's addresses", () => {
    for (const kind of KINDS) {
      const values = there(kind, tool).map((row) => row.value);
      for (const address of [tool.login_url, tool.launch_url, tool.jwks_url]) expect(values, kind).toContain(address);
    }
  });
});

describe("what is typed", () => {
  it("is split, trimmed and sent", () => {
    expect(lines(" 1\n\n2, 3 ")).toEqual(["1", "2", "3"]);
    const body = bodyOf({ ...nothing(), name: " a ", deployments: "1\n2", token_audience: " " });
    expect(body).toMatchObject({ name: "a", deployments: ["1", "2"], token_audience: null, origins: [] });
  });

  it("is looked at before it is sent", () => {
    const full = { ...nothing(), name: "a", issuer: "i", client_id: "c", deployments: "1", auth_url: "https://a", token_url: "https://a", keyset_url: "https://a" };
    expect(wrongOf(full)).toEqual({});
    expect(wrongOf({ ...full, keyset_url: "a", deployments: "", origins: "https://a\nx" })).toEqual({ keyset_url: "address", deployments: "missing", origins: "address" });
    expect(Object.keys(wrongOf(nothing()))).toHaveLength(7);
  });
});
