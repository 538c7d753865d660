/// A lab in the learner's own browser and its course, against the make-believe server: what is said of results, by keyboard and
/// to a screen reader, in both languages, wide and narrow; whose work is whose; and results from a file.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, signedIn, test, type Fake } from "./support";

test.use({ fakeOptions: { tab: true, learners: 20 } });

const TAB = "/tab/networks/shell-basics/";
const card = (page: Page) => page.locator('[data-card="one"]');
const dialogOf = (page: Page) => page.getByRole("dialog");

async function openTab(page: Page, fake: Fake): Promise<void> {
  await page.goto(fake.url + TAB);
  await expect(card(page)).toBeVisible();
}

async function answer(page: Page, words: string): Promise<void> {
  await card(page).getByRole("textbox").fill(words);
  await card(page).getByRole("textbox").press("Enter");
}

async function openState(page: Page, name: string | RegExp = /Runs in this tab|Dans cet onglet/): Promise<void> {
  await page.getByRole("button", { name }).focus();
  await page.keyboard.press("Enter");
}

test("results are sent, what waits is said, and what the course says otherwise is at the task", async ({ page, fake }) => {
  await signedIn(page, fake);
  await openTab(page, fake);
  await answer(page, "wrong");
  await expect(card(page).getByText("Not yet")).toBeVisible();
  await openState(page);
  await expect(dialogOf(page).getByText("Results go to Networks, as Amina Benali.")).toBeVisible();
  await expect(dialogOf(page).getByText(/^Sent at/)).toBeVisible();
  await expect(dialogOf(page).getByText("There: 0 of 2 points")).toBeVisible();
  await page.keyboard.press("Escape");

  fake.options.outcome = "refused";
  await answer(page, "right");
  await expect(card(page).getByText("Done", { exact: true })).toBeVisible();
  await openState(page);
  await expect(dialogOf(page).getByRole("listitem")).toContainText("Not counted in your course. The lab has closed.");
  for (const width of [1440, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page);
  }
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/home-refused.png` });
  await page.keyboard.press("Escape");
  await page.reload();
  await expect(card(page)).toContainText("Not counted in your course. The lab has closed.");
});

test("without an answer it waits, and goes by itself or when told to", async ({ page, fake }) => {
  await signedIn(page, fake);
  await openTab(page, fake);
  await page.route("**/results*", (route) => route.abort());
  await answer(page, "right");
  await expect(card(page).getByText("Done", { exact: true })).toBeVisible();
  await openState(page);
  await expect(dialogOf(page).getByText("1 result waits to be sent")).toBeVisible();
  await expect(dialogOf(page).getByRole("alert")).toContainText("There is no connection just now.");
  await page.unroute("**/results*");
  await dialogOf(page).getByRole("button", { name: "Send now" }).focus();
  await page.keyboard.press("Enter");
  await expect(dialogOf(page).getByText(/^Sent at/)).toBeVisible();
});

test("the course's other verdict counts here, too", async ({ page, fake }) => {
  fake.options.verdict = "not_yet";
  await signedIn(page, fake);
  await openTab(page, fake);
  await answer(page, "right");
  await openState(page);
  await expect(dialogOf(page).getByRole("listitem")).toContainText("it is not done yet");
  await page.keyboard.press("Escape");
  await expect(page.getByText(/^0 of 2 points/)).toBeVisible();
});

test("each account sees its own work on one computer, nobody's reaches a course, and a sign-in that is over is said", async ({ page, fake }) => {
  await page.goto(fake.url);
  const as = (name: string | null) =>
    page.evaluate((token) => {
      localStorage.removeItem("labwright.me");
      if (token === null) localStorage.removeItem("labwright.token");
      else localStorage.setItem("labwright.token", JSON.stringify(token));
    }, name === null ? null : fake.tokenFor(name));

  await as("amina");
  await openTab(page, fake);
  await answer(page, "right");
  await expect(card(page).getByText("Done", { exact: true })).toBeVisible();

  await as("claire");
  await page.evaluate(() => dispatchEvent(new StorageEvent("storage", { key: "labwright.token" })));
  await openState(page);
  const results = page.getByRole("complementary", { name: "Results" });
  await dialogOf(page).getByRole("button", { name: "Close" }).click();
  await page.reload();
  await expect(card(page).getByText("Not tried")).toBeVisible();

  await as(null);
  await page.reload();
  await expect(results).toContainText("nothing that you do here reaches the course “Networks”");
  await answer(page, "right");
  await expect(card(page).getByText("Done", { exact: true })).toBeVisible();
  for (const width of [1440, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page);
  }
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/home-nobody.png` });
  await expect(results.getByRole("link", { name: "Sign in" })).toHaveAttribute("href", `/sign-in?next=${encodeURIComponent(TAB)}`);

  await as("amina");
  await page.reload();
  await expect(card(page).getByText("Done", { exact: true })).toBeVisible();
  await page.evaluate(() => {
    localStorage.setItem("labwright.me", localStorage.getItem("labwright.me") ?? "");
    localStorage.setItem("labwright.token", JSON.stringify("gone"));
  });
  await openState(page);
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await expect(dialogOf(page).getByRole("alert")).toContainText("Your sign-in is over");
});

test("a launch hands its sign-in over to the new window alone", async ({ page, fake, context }) => {
  const token = fake.tokenFor("amina");
  await page.goto(`${fake.url}${TAB}#token=${token}&at=/in/campus`);
  await expect(card(page)).toBeVisible();
  expect(page.url()).toBe(fake.url + TAB);
  await openState(page);
  await expect(dialogOf(page).getByText("as Amina Benali.")).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem("labwright.token"))).toBeNull();
  await dialogOf(page).getByRole("button", { name: "Continue on the server" }).click();
  await page.waitForURL("**/in/campus/**");
  expect(page.url()).not.toContain(token);
  const other = await context.newPage();
  await other.goto(fake.url + TAB);
  await expect(other.getByRole("complementary", { name: "Results" })).toContainText("You are not signed in");
});

for (const [locale, width] of [["en-GB", 1440], ["fr-FR", 360]] as const) {
  test.describe(`${locale}, ${width} px`, () => {
    test.use({ locale, viewport: { width, height: 900 } });

    test("a file of results is saved by the tab, and handed in at the server's page", async ({ page, fake }) => {
      const french = locale === "fr-FR";
      await openTab(page, fake);
      await answer(page, "right");
      await openState(page);
      const download = page.waitForEvent("download");
      await dialogOf(page).getByRole("button", { name: french ? "Enregistrer les résultats" : "Save results" }).click();
      const saved = await (await download).path();
      if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/home-${locale}.png` });
      await expectAccessible(page);

      await signedIn(page, fake);
      await page.goto(fake.url);
      await expectAccessible(page);
      if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/catalogue-${locale}.png`, fullPage: true });
      await page.getByRole("button", { name: french ? "Remettre des résultats par un fichier" : "Hand in results from a file" }).click();
      const choose = async (name: string, text: string) => {
        const chooser = page.waitForEvent("filechooser");
        await dialogOf(page).getByRole("button", { name: /Choisir|Un autre fichier|Choose|Another file/ }).click();
        await (await chooser).setFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
      };
      const whole = JSON.parse(readFileSync(saved, "utf8"));
      for (const [text, said] of [
        ["{", /no file of results|pas un fichier de résultats/],
        [JSON.stringify({ ...whole, lab: "another" }), /“another”|«\sanother\s»/],
        [JSON.stringify({ ...whole, attempts: [], hints: {} }), /no results|aucun résultat/],
        [JSON.stringify({ ...whole, labwright: 9 }), /later version|plus récente/],
      ] as const) {
        await choose("x.results.json", text);
        await expect(dialogOf(page).getByRole("alert")).toContainText(said);
      }
      const many = Array.from({ length: 70 }, (_, n) => ({ ...whole.attempts[0], id: `more-${n}` }));
      await choose("shell-basics.results.json", JSON.stringify({ ...whole, attempts: [...whole.attempts, ...many] }));
      await dialogOf(page).getByRole("button", { name: french ? "Remettre" : "Hand in", exact: true }).click();
      await expect(dialogOf(page)).toContainText(french ? "71 sont comptés." : "71 are counted.");
      expect(fake.requests.filter((one) => one === "POST /api/v1/courses/networks/labs/shell-basics/results")).toHaveLength(2);
      await expectAccessible(page);
      if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/handin-${locale}.png` });
    });
  });
}

test("the lab is offered on its card, in the doctor's page and in the lab", async ({ page, fake }) => {
  await signedIn(page, fake);
  await page.goto(`${fake.url}/courses/networks/doctor`);
  const labs = page.getByRole("region", { name: "Your labs" });
  await expect(labs.getByRole("link", { name: "Open in your browser, also offline: First steps in the shell" })).toBeVisible();
  await expect(labs).toContainText("Once it is open it needs no line");
  for (const width of [1440, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page);
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/doctor-${width}.png`, fullPage: true });
  }
  await page.goto(`${fake.url}/labs/networks/shell-basics`);
  await page.getByRole("button", { name: /Lab menu/ }).click();
  await page.getByRole("menuitem", { name: "Open in your browser, also offline" }).click();
  await expect(card(page)).toBeVisible();
});

test("where the server cannot start the lab, the learner's own browser can", async ({ page, fake }) => {
  await signedIn(page, fake);
  const error = { code: "full", message: "the server is full", hint: "Try again later." };
  await page.route("**/api/v1/sessions?*", (route) => route.fulfill({ status: 503, json: { error } }));
  await page.goto(`${fake.url}/labs/networks/shell-basics`);
  await expect(page.getByText("the server is full")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Open in your browser" }).click();
  await expect(card(page)).toBeVisible();
});
