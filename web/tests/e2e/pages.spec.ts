/// Every page, in both languages, both themes, wide and narrow: no violation that axe knows, no sideways scroll.
import { expect, expectAccessible, expectNoSidewaysScroll, openLab, signedIn, test, type Fake } from "./support";
import type { Page } from "@playwright/test";

const LOOKS = [
  { locale: "en-GB", colorScheme: "light", width: 1440, height: 900 },
  { locale: "fr-FR", colorScheme: "dark", width: 1440, height: 900 },
  { locale: "fr-FR", colorScheme: "light", width: 768, height: 1024 },
  { locale: "en-GB", colorScheme: "dark", width: 360, height: 780 },
  { locale: "fr-FR", colorScheme: "light", width: 360, height: 780 },
] as const;

async function startWith(page: Page, fake: Fake): Promise<void> {
  await signedIn(page, fake);
  await page.goto(`${fake.url}/labs/networks/tcp-handshake`);
}

const PAGES: Record<string, { options?: Record<string, unknown>; open: (page: Page, fake: Fake) => Promise<void> }> = {
  "sign-in": {
    open: async (page, fake) => {
      await page.goto(fake.url);
      await page.locator("form button[type=submit]").first().click();
      await page.getByRole("alert").waitFor();
    },
  },
  invitation: {
    open: async (page, fake) => {
      await page.goto(`${fake.url}/invitations/birch-42`);
      await page.locator("form").waitFor();
    },
  },
  "unknown invitation": {
    open: async (page, fake) => {
      await page.goto(`${fake.url}/invitations/nonsense`);
      await page.getByRole("alert").waitFor();
    },
  },
  catalogue: {
    open: async (page, fake) => {
      await signedIn(page, fake);
      await openLab(page, fake);
      await page.goto(fake.url);
      await page.locator("article").first().waitFor();
    },
  },
  starting: {
    options: { stuckAt: "nodes" },
    open: async (page, fake) => {
      await startWith(page, fake);
      await page.locator(".stages .slow").waitFor();
    },
  },
  failed: {
    options: { failAt: "services" },
    open: async (page, fake) => {
      await startWith(page, fake);
      await page.locator(".stages .failed").waitFor();
    },
  },
  workspace: {
    options: { endsInMs: 8 * 60_000, warnings: ["the delay of 20 ms cannot be made here."] },
    open: async (page, fake) => {
      await signedIn(page, fake);
      await openLab(page, fake);
      await page.locator("[data-card]").first().waitFor();
    },
  },
  "workspace, lab side, line cut": {
    open: async (page, fake) => {
      await signedIn(page, fake);
      await openLab(page, fake);
      const narrow = page.locator("nav.switch button").nth(1);
      if (await narrow.isVisible()) await narrow.click();
      await page.locator(".panel:not(.away) .xterm").waitFor();
      await fake.stop();
      await page.locator(".panel:not(.away) .strip").waitFor();
    },
  },
  "workspace, tasks": {
    open: async (page, fake) => {
      await signedIn(page, fake);
      await openLab(page, fake);
      await page.locator("nav.steps a").nth(1).click();
      const card = page.locator('[data-card="captured"]');
      await card.locator("button").first().click();
      await card.locator(".says").waitFor();
      await card.locator("button").nth(1).click();
      await card.locator(".hint").waitFor();
    },
  },
  "broken check": {
    open: async (page, fake) => {
      await signedIn(page, fake);
      await openLab(page, fake);
      await page.locator("nav.steps a").nth(2).click();
      await page.locator('[data-card="broken"] button').first().click();
      await page.locator('[data-card="broken"].broken').waitFor();
    },
  },
  settings: {
    open: async (page, fake) => {
      await signedIn(page, fake);
      await openLab(page, fake);
      await page.locator("header .menu button").last().click();
      await page.getByRole("menuitem").nth(1).click();
      await page.locator("dialog[open]").waitFor();
    },
  },
  asleep: {
    open: async (page, fake) => {
      await signedIn(page, fake);
      await openLab(page, fake);
      const [session] = fake.sessions.values();
      if (session) session.state = "asleep";
      fake.changed(session);
      await page.locator("#state").waitFor();
    },
  },
  progress: {
    open: async (page, fake) => {
      await signedIn(page, fake, "claire");
      await page.goto(`${fake.url}/courses/networks/progress`);
      await page.locator("table").waitFor();
    },
  },
  board: {
    open: async (page, fake) => {
      await signedIn(page, fake, "claire");
      await page.goto(`${fake.url}/courses/networks/labs/tcp-handshake/board`);
      await page.locator("table").first().waitFor();
    },
  },
  scores: {
    open: async (page, fake) => {
      await signedIn(page, fake, "claire");
      await page.goto(`${fake.url}/courses/networks/scores`);
      await page.locator("table").waitFor();
    },
  },
  "dates and tries": {
    open: async (page, fake) => {
      await signedIn(page, fake, "claire");
      await page.goto(`${fake.url}/courses/networks/scores`);
      await page.locator("#main .head button").nth(2).click();
      await page.locator("dialog[open]").waitFor();
    },
  },
  people: {
    open: async (page, fake) => {
      await signedIn(page, fake, "claire");
      await page.goto(`${fake.url}/courses/networks/people`);
      await page.locator("table").waitFor();
    },
  },
  "class list": {
    open: async (page, fake) => {
      await signedIn(page, fake, "claire");
      await page.goto(`${fake.url}/courses/networks/people`);
      await page.locator("#main .head button").last().click();
      await page.locator("input[type=file]").setInputFiles({ name: "class.csv", mimeType: "text/csv", buffer: Buffer.from("email\nnobody\n") });
      await page.locator("dialog table").waitFor();
    },
  },
  "personal code": {
    open: async (page, fake) => {
      await page.goto(`${fake.url}/invitations/abcd-2345`);
      await page.locator("form").waitFor();
    },
  },
  "privacy, signed out": {
    open: async (page, fake) => {
      await page.goto(`${fake.url}/privacy`);
      await page.locator("h2").first().waitFor();
    },
  },
  privacy: {
    open: async (page, fake) => {
      await signedIn(page, fake);
      await page.goto(`${fake.url}/privacy`);
      await page.locator(".acts button").last().click();
      await page.locator("dialog[open]").waitFor();
    },
  },
  "sign-in by a provider": {
    options: { provider: "Campus" },
    open: async (page, fake) => {
      await page.goto(`${fake.url}/sign-in?refused=provider`);
      await page.locator(".provider button").waitFor();
    },
  },
  "scores elsewhere": {
    options: { platform: false },
    open: async (page, fake) => {
      await signedIn(page, fake, "claire");
      await page.goto(`${fake.url}/courses/networks/scores`);
      await page.locator("#main .head button").last().click();
      await page.locator("dialog[open]").waitFor();
    },
  },
  sessions: {
    open: async (page, fake) => {
      await signedIn(page, fake, "omar");
      await openLab(page, fake);
      await page.goto(`${fake.url}/operator`);
      await page.locator("table").waitFor();
    },
  },
  retention: {
    open: async (page, fake) => {
      await signedIn(page, fake, "omar");
      await page.goto(`${fake.url}/operator/privacy`);
      await page.locator("table").nth(1).waitFor();
    },
  },
  platforms: {
    open: async (page, fake) => {
      await signedIn(page, fake, "omar");
      await page.goto(`${fake.url}/operator/platforms`);
      await page.locator("main .btn").first().waitFor();
    },
  },
  "a platform that is checked": {
    open: async (page, fake) => {
      fake.platforms.operator(fake.url, "POST", [], {
        name: "Campus", issuer: "https://canvas.instructure.com", client_id: "1", auth_url: "https://a.example/a", token_url: "https://a.example/t",
        keyset_url: "https://a.example/k", deployments: ["1"], origins: [], courses: ["networks"],
      });
      await signedIn(page, fake, "omar");
      await page.goto(`${fake.url}/operator/platforms/p1`);
      await page.locator("section:last-of-type .btn").click();
      await page.locator("main [role=status] li").first().waitFor();
    },
  },
  "a new platform, wrong": {
    open: async (page, fake) => {
      await signedIn(page, fake, "omar");
      await page.goto(`${fake.url}/operator/platforms/new`);
      await page.locator("form .btn").first().click();
      await page.locator("form [role=alert]").waitFor();
    },
  },
  pick: {
    open: async (page, fake) => {
      await page.goto(`${fake.url}/in/campus/pick#code=0123`);
      await page.locator("input[type=radio]").first().check();
      await page.locator("#part").waitFor();
    },
  },
  "launched, who are you": {
    options: { confirm: true },
    open: async (page, fake) => {
      await page.goto(`${fake.url}/in/campus/launched#code=0123`);
      await page.locator(".acts").waitFor();
    },
  },
  "launched too late": {
    open: async (page, fake) => {
      await page.goto(`${fake.url}/in/campus/launched`);
      await page.getByRole("alert").waitFor();
    },
  },
  "nothing here": {
    open: async (page, fake) => {
      await signedIn(page, fake);
      await page.goto(`${fake.url}/sessions/nonsense`);
      await page.getByRole("alert").waitFor();
    },
  },
};

for (const [name, { options, open }] of Object.entries(PAGES)) {
  test.describe(name, () => {
    test.use({ fakeOptions: options ?? {} });
    for (const { locale, colorScheme, width, height } of LOOKS) {
      test.describe(() => {
        test.use({ locale, colorScheme, viewport: { width, height } });
        test(`${locale} ${colorScheme} ${width}`, async ({ page, fake }) => {
          await open(page, fake);
          await expectAccessible(page);
        });
      });
    }
  });
}

test("forced colours and reduced motion: nothing spins, nothing is lost", async ({ page, fake }) => {
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  fake.options.stuckAt = "nodes";
  await startWith(page, fake);
  await page.locator(".stages .slow").waitFor();
  await expectAccessible(page);
  expect(await page.evaluate(() => document.getAnimations().filter((one) => one.playState === "running").length)).toBe(0);
});

test("the terminal in screen-reader mode is read line by line", async ({ page, fake }) => {
  await page.addInitScript(() => localStorage.setItem("labwright.settings", JSON.stringify({ screenReader: true })));
  await signedIn(page, fake);
  await openLab(page, fake);
  await expect(page.locator(".panel:not(.away) .xterm-accessibility")).toContainText("student@client");
  await expectAccessible(page);
});

test("text at 200 % and the spacing of WCAG 1.4.12 cut nothing off sideways", async ({ page, fake }) => {
  await page.setViewportSize({ width: 720, height: 900 });
  await signedIn(page, fake);
  await openLab(page, fake);
  await page.addStyleTag({
    content:
      ":root { font-size: 200% } * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }",
  });
  await page.locator("[data-card]").first().waitFor();
  await expectNoSidewaysScroll(page);
});
