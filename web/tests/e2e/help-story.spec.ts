/// Help in real browsers, with a real terminal and a real desktop: a learner raises a hand, the teacher looks with
/// consent, is refused keys until they are given, answers; the learner reads who has looked.
import { fileURLToPath } from "node:url";
import { expect, test, type Page } from "@playwright/test";
import { PASSWORD, RealServer } from "./real";

const shown = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const output = (page: Page) => shown(page).locator(".xterm-rows");

let server: RealServer;

test.beforeAll(async () => {
  test.setTimeout(600_000);
  server = new RealServer();
  server.labs = [fileURLToPath(new URL("../labs/desk", import.meta.url))];
  server.teacher = "claire";
  await server.start();
});

test.afterAll(async () => server.stop());

async function signIn(page: Page, name: string): Promise<void> {
  await page.goto(server.url);
  await page.getByLabel("Name or e-mail").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
}

async function type(page: Page, text: string): Promise<void> {
  await shown(page).locator(".xterm-screen").click();
  await page.keyboard.type(text, { delay: 5 });
}

/** Colours of the picture that is shown: one alone is an empty screen. */
function colours(page: Page): Promise<number> {
  return shown(page).locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set<number>();
    for (let at = 0; at < data.length; at += 4) seen.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!);
    return seen.size;
  });
}

test("a hand, a look, an answer", async ({ page, browser }) => {
  const faults: string[] = [];
  const claire = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  for (const one of [page, claire]) one.on("pageerror", (error) => faults.push(error.message));

  await test.step("the learner fails and raises a hand", async () => {
    await signIn(page, "amina");
    await page.getByRole("link", { name: "A terminal on a screen" }).click();
    await page.getByRole("tab", { name: "studio", exact: true }).click({ timeout: 60_000 });
    await expect(output(page)).toContainText("studio:~");
    await type(page, "echo no idea\n");
    await expect(output(page)).toContainText("no idea");
    const card = page.getByRole("region", { name: "Type a word" });
    await card.getByRole("textbox").fill("what");
    await card.getByRole("button", { name: "Check" }).click();
    await expect(card.getByRole("status")).toContainText("Not yet");
    await page.getByRole("button", { name: "Ask for help" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("What do you need help with?").fill("Which word?");
    await expect(dialog.getByRole("group", { name: "Last lines of the terminal studio" })).toContainText("no idea");
    await expect(dialog.getByText("You answered: what")).toBeVisible();
    await dialog.getByRole("button", { name: "Raise my hand" }).click();
    await expect(page.getByRole("button", { name: "Your hand is up" })).toBeVisible();
  });

  const hand = claire.getByRole("article", { name: "Amina Benali" });
  await test.step("the teacher sees it, with what came along", async () => {
    await signIn(claire, "claire");
    await expect(claire.getByRole("heading", { name: /Claire/ })).toBeVisible();
    await claire.goto(`${server.url}/courses/networks/help`);
    await expect(hand).toContainText("Which word?");
    await hand.getByText("Last lines of studio").click();
    await expect(hand.getByText("no idea")).toBeVisible();
    await hand.getByText("1 attempt").click();
    await expect(hand.getByText("what", { exact: true })).toBeVisible();
  });

  const bar = page.getByRole("region", { name: "Somebody wants to see your lab" });
  await test.step("looks at the terminal, with consent and without keys", async () => {
    await hand.getByRole("button", { name: "Ask to watch" }).click();
    await expect(claire.getByRole("region", { name: "Amina Benali" }).getByText(/has been asked/)).toBeVisible();
    await expect(claire.locator(".xterm")).toHaveCount(0);
    await bar.getByRole("button", { name: "Allow for 10 minutes" }).click();
    await claire.getByRole("tab", { name: "studio", exact: true }).click();
    await expect(output(claire)).toContainText("no idea");
    await type(claire, "echo refused\n");
    await type(page, "echo after\n");
    await expect(output(claire)).toContainText("after");
    await expect(output(page)).not.toContainText("refused");
    // As large as the learner's, whatever the teacher's window is.
    const rows = (one: Page) => output(one).locator("> div").count();
    expect(await rows(claire)).toBe(await rows(page));
  });

  await test.step("looks at the desktop", async () => {
    await claire.getByRole("tab", { name: "Studio", exact: true }).click();
    await expect(shown(claire).locator(".desktop")).toHaveAttribute("aria-busy", "false");
    await expect.poll(() => colours(claire), { timeout: 30_000 }).toBeGreaterThan(1);
    await shown(claire).locator("canvas").click();
    await claire.keyboard.type("touch ~/refused\n", { delay: 5 });
  });

  await test.step("types only when that is given too", async () => {
    await claire.getByRole("button", { name: "Ask to type" }).click();
    await bar.getByRole("button", { name: "Let Claire Perrin type" }).click();
    await expect(claire.getByRole("region", { name: "Amina Benali" }).getByText(/You may type/)).toBeVisible();
    await expect(shown(claire).locator(".desktop")).toHaveAttribute("aria-busy", "false");
    await shown(claire).locator("canvas").click();
    await claire.keyboard.type("touch ~/given\n", { delay: 5 });
    await claire.getByRole("tab", { name: "studio", exact: true }).click();
    await expect(async () => {
      await type(claire, "clear; ls\n");
      await expect(output(page)).toContainText("given", { timeout: 2_000 });
    }).toPass({ timeout: 15_000 });
    await expect(output(page)).not.toContainText("refused");
    // A key of the learner's takes it back.
    await type(page, "clear\n");
    await expect(claire.getByRole("button", { name: "Ask to type" })).toBeVisible();
    await bar.getByRole("button", { name: "Stop" }).click();
    await expect(claire.getByRole("region", { name: "Amina Benali" }).getByText("Amina Benali has stopped it.")).toBeVisible();
    await expect(claire.locator(".xterm, canvas")).toHaveCount(0);
  });

  await test.step("answers", async () => {
    await claire.getByRole("link", { name: "Back to the hands" }).click();
    await hand.getByRole("button", { name: "Take it" }).click();
    await hand.getByLabel("Answer to Amina Benali").fill("It is what you are when it works.");
    await hand.getByRole("button", { name: "Send the answer" }).click();
    await expect(page.getByText("Claire Perrin answered:")).toBeVisible();
    await page.getByRole("button", { name: "There is an answer" }).click();
    await expect(page.getByRole("dialog").getByText("It is what you are")).toBeVisible();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  });

  await test.step("the learner solves it, the hand goes down, and the log says who has looked", async () => {
    const card = page.getByRole("region", { name: "Type a word" });
    await card.getByRole("textbox").fill("done");
    await card.getByRole("button", { name: "Check" }).click();
    await expect(card.getByRole("status")).toContainText("Done");
    await expect(hand).toHaveCount(0);
    await page.getByRole("button", { name: "Lab menu" }).click();
    await page.getByRole("menuitem", { name: "Who has looked" }).click();
    const lines = page.getByRole("dialog").getByRole("listitem");
    const expected = [
      "Claire Perrin answered you.",
      "You stopped Claire Perrin watching.",
      "Claire Perrin could type no more.",
      "You let Claire Perrin type.",
      "Claire Perrin asked to type.",
    ];
    for (const [at, words] of expected.entries()) await expect(lines.nth(at)).toContainText(words);
    await expect(lines.getByText("Claire Perrin looked at studio.", { exact: true })).toHaveCount(1);
    await expect(lines.getByText("Claire Perrin looked at Studio.", { exact: true })).toHaveCount(1);
    await expect(lines.last()).toContainText("Claire Perrin asked to watch.");
  });
  await test.step("is asked from the board too, and says not now", async () => {
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await claire.goto(`${server.url}/courses/networks/labs/desk/board`);
    await claire.getByRole("button", { name: "Amina Benali" }).first().click();
    await claire.getByRole("dialog").getByRole("button", { name: "Ask to watch" }).click();
    await bar.getByRole("button", { name: "Not now" }).click();
    await expect(claire.getByRole("region", { name: /^Amina Benali/ }).getByText("Not now, says Amina Benali.")).toBeVisible();
  });
  expect(faults).toEqual([]);
  await claire.context().close();
});
