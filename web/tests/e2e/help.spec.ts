/// Help: a hand is raised and answered, the queue of the teachers, a look with consent; small, by keyboard, in French.
import type { Locator, Page } from "@playwright/test";
import { expect, expectAccessible, expectOutput, openLab, signedIn, terminal, test, typeInTerminal, type Fake } from "./support";

interface Helped extends Fake {
  help: {
    hands: { id: string; words: string; attempts: unknown[]; tail: { of: string; text: string } | null; takenBy: string | null; waits: boolean; up: boolean }[];
    looks: Map<string, { watching: boolean; keys: string }>;
    put(more: object): { id: string };
    say(hand: object, teacher: string, words: string): void;
    ask(who: { learner: string }): { id: string };
    changed(): void;
  };
}

const help = (fake: Fake) => (fake as Helped).help;

async function lab(page: Page, fake: Fake, step = 2) {
  await signedIn(page, fake);
  await openLab(page, fake);
  await page.evaluate((n) => (location.hash = `#step-${n}`), step);
}

/** A second window of the same browser, of a teacher. */
async function teacher(page: Page, fake: Fake): Promise<Page> {
  const context = await page.context().browser()!.newContext({ viewport: { width: 1440, height: 900 } });
  const hers = await context.newPage();
  await signedIn(hers, fake, "claire");
  return hers;
}

test("what is shown is what is sent, and each part can be left out", async ({ page, fake }) => {
  await lab(page, fake);
  await page.getByRole("button", { name: "Check", exact: true }).first().click();
  await expect(page.getByText("There is no capture yet.")).toBeVisible();
  await typeInTerminal(page, "echo look here\r");
  await expectOutput(page, "look here");
  await page.getByRole("button", { name: "Ask for help" }).click();
  const dialog = page.getByRole("dialog", { name: "Ask for help" });
  await expect(dialog.getByLabel("About")).toHaveValue("captured");
  await expect(dialog.getByText("Seen by Claire Perrin and Ben Okafor.")).toBeVisible();
  await expect(dialog.getByText("There is no capture yet.")).toBeVisible();
  const tail = dialog.getByRole("group", { name: "Last lines of the terminal client" });
  await expect(tail).toContainText("look here");
  const shown = await tail.textContent();
  await expectAccessible(page);
  await dialog.getByLabel("What do you need help with?").fill("Do I have to wait?");
  await dialog.getByRole("checkbox", { name: /last attempt/ }).uncheck();
  await dialog.getByRole("button", { name: "Raise my hand" }).click();
  await expect(page.getByRole("button", { name: "Your hand is up" })).toBeVisible();
  const [sent] = help(fake).hands;
  expect(sent).toMatchObject({ words: "Do I have to wait?", attempts: [], tail: { of: "client", text: shown } });

  // The place in line, words to add, and the way back.
  await page.getByRole("button", { name: "Your hand is up" }).click();
  const mine = page.getByRole("dialog", { name: "Your hand is up" });
  await expect(mine.getByText("1st in line, about 4 minutes")).toBeVisible();
  await mine.getByLabel("Say more").fill("The file is empty.");
  await mine.getByRole("button", { name: "Send" }).click();
  await expect(mine.getByText("The file is empty.")).toBeVisible();
  await expectAccessible(page);
  await mine.getByRole("button", { name: "Lower my hand" }).click();
  await expect(page.getByRole("button", { name: "Ask for help" })).toBeVisible();
});

test("an answer comes live, and is there after a reload", async ({ page, fake }) => {
  await lab(page, fake);
  await page.getByRole("button", { name: "Ask for help" }).click();
  await page.getByRole("button", { name: "Raise my hand" }).click();
  const hers = await teacher(page, fake);
  await hers.goto(`${fake.url}/courses/networks/help`);
  const hand = hers.getByRole("article", { name: "Amina Benali" });
  await hand.getByRole("button", { name: "Take it" }).click();
  await hand.getByLabel("Answer to Amina Benali").fill("Leave -c out.");
  await expect(hand.getByLabel("Also to 3 others who are perhaps stuck at this task")).not.toBeChecked();
  await expectAccessible(hers);
  await hand.getByRole("button", { name: "Send the answer" }).click();
  await expect(hand.getByText("Answered")).toBeVisible();
  const notice = page.getByText("Claire Perrin answered:");
  await expect(notice).toBeVisible();
  await page.reload();
  await expect(notice).toBeVisible();
  await page.getByRole("button", { name: "There is an answer" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Leave -c out.")).toBeVisible();
  await dialog.getByLabel("Answer back").fill("That was it.");
  await dialog.getByRole("button", { name: "Send" }).click();
  await expect(hand.getByText("That was it.")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "Your hand is up" })).toBeVisible();
  await expect(notice).toBeHidden();
  await hers.context().close();
});

test("what cannot be sent stays, and says so", async ({ page, fake }) => {
  await lab(page, fake);
  await page.getByRole("button", { name: "Ask for help" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What do you need help with?").fill("Are you there?");
  await page.route("**/hand?*", (route) => route.abort());
  await dialog.getByRole("button", { name: "Raise my hand" }).click();
  await expect(dialog.getByRole("alert")).toContainText("Your line is down: nothing was sent.");
  await expect(dialog.getByLabel("What do you need help with?")).toHaveValue("Are you there?");
  await page.unroute("**/hand?*");
  await dialog.getByRole("button", { name: "Raise my hand" }).click();
  await expect(page.getByRole("button", { name: "Your hand is up" })).toBeVisible();
});

test("the queue: oldest first, one teacher each, and beside the board", async ({ page, fake }) => {
  const old = help(fake).put({ name: "Bao Nguyen", words: "Where is the port?", at: Date.now() - 600_000, takenBy: "Ben Okafor", tail: { of: "client", text: "$ ss -ltn" } });
  help(fake).put({ name: "Chloé Martin", learner: "l2", words: "I am lost." });
  await signedIn(page, fake, "claire");
  await page.goto(`${fake.url}/courses/networks/help`);
  const hands = page.getByRole("article");
  await expect(hands).toHaveCount(2);
  await expect(hands.first()).toContainText("Where is the port?");
  await expect(hands.first().getByText("Ben Okafor has it")).toBeVisible();
  await expect(hands.first().getByRole("button", { name: "Send the answer" })).toHaveCount(0);
  await hands.first().getByText("Last lines of client").click();
  await expect(hands.first().getByText("$ ss -ltn")).toBeVisible();
  await expectAccessible(page);
  await hands.first().getByRole("button", { name: "Take it over" }).click();
  await expect(hands.first().getByText("You have it")).toBeVisible();
  await hands.first().getByRole("button", { name: "Close" }).click();
  await expect(hands).toHaveCount(1);
  help(fake).put({ name: "Diego Santos", learner: "l3", words: "Help" });
  await expect(hands).toHaveCount(2);
  expect(old.id).toBeTruthy();
  await page.goto(`${fake.url}/courses/networks/labs/tcp-handshake/board`);
  const beside = page.getByRole("region", { name: "Hands up" });
  await expect(beside.getByRole("link", { name: "Chloé Martin" })).toBeVisible();
  await expect(beside.getByRole("heading")).toContainText("2");
  help(fake).put({ name: "Elena Rossi", learner: "l4", words: "Me too" });
  await expect(beside.getByText("Me too")).toBeVisible();
  await expectAccessible(page);
});

test("a look: nothing before consent, a bar all the time, keys only when given, ended by either", async ({ page, fake }) => {
  await lab(page, fake);
  await typeInTerminal(page, "echo mine\r");
  await expectOutput(page, "mine");
  help(fake).put({ session: [...fake.sessions.keys()][0], learner: "a1", name: "Amina Benali", words: "Look" });
  const hers = await teacher(page, fake);
  await hers.goto(`${fake.url}/courses/networks/help`);
  await hers.getByRole("button", { name: "Ask to watch" }).click();
  await expect(hers.getByText(/has been asked/)).toBeVisible();
  await expect(hers.getByRole("tab")).toHaveCount(0);

  const bar = page.getByRole("region", { name: "Somebody wants to see your lab" });
  await expect(bar).toContainText("Claire Perrin asks to watch your screen.");
  // Nothing is preselected: the focus stays where it was.
  await expect(bar.locator(":focus")).toHaveCount(0);
  await expectAccessible(page);
  await bar.getByRole("button", { name: "Allow for 10 minutes" }).click();
  await expect(bar).toContainText("Claire Perrin is watching, 10 minutes left");
  await expect(hers.getByRole("region", { name: "Amina Benali" }).getByText("You are watching, 10 minutes left.")).toBeVisible();
  await expect(hers.locator(".panel:not(.away) .xterm-rows")).toContainText("mine");
  await expectAccessible(hers);
  await hers.locator(".panel:not(.away) .xterm").click();
  await hers.keyboard.type("echo no\r");
  await typeInTerminal(page, "echo after\r");
  await expect(hers.locator(".panel:not(.away) .xterm-rows")).toContainText("after");
  await expect(terminal(page).locator(".xterm-rows")).not.toContainText("echo no");

  await hers.getByRole("button", { name: "Ask to type" }).click();
  await bar.getByRole("button", { name: "Let Claire Perrin type" }).click();
  await expect(hers.getByRole("region", { name: "Amina Benali" }).getByText("You may type, 10 minutes left.")).toBeVisible();
  await hers.locator(".panel:not(.away) .xterm").click();
  await hers.keyboard.type("echo hers\r");
  await expectOutput(page, "echo hers");
  // Any key of the learner's takes it back.
  await typeInTerminal(page, "x");
  await expect(hers.getByRole("button", { name: "Ask to type" })).toBeVisible();

  // It is said in a dialog too, which covers the bar.
  await page.getByRole("button", { name: "Your hand is up" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Claire Perrin is watching.")).toBeVisible();
  await dialog.getByRole("button", { name: "Stop" }).click();
  await expect(bar).toBeHidden();
  await expect(hers.getByRole("region", { name: "Amina Benali" }).getByText("Amina Benali has stopped it.")).toBeVisible();
  await expect(hers.getByRole("tab")).toHaveCount(0);
  await dialog.getByRole("button", { name: "Close" }).click();

  await page.getByRole("button", { name: "Lab menu" }).click();
  await page.getByRole("menuitem", { name: "Who has looked" }).click();
  const log = page.getByRole("dialog", { name: "Who has looked" });
  const words = ["You stopped Claire Perrin watching.", "Claire Perrin could type no more.", "You let Claire Perrin type.", "Claire Perrin asked to type.", "You allowed Claire Perrin to watch.", "Claire Perrin asked to watch."];
  for (const one of words) await expect(log.getByText(one)).toBeVisible();
  await expectAccessible(page);
  await hers.context().close();
});

/** Presses a key until the focus is there. */
async function reach(page: Page, target: Locator, key = "Tab"): Promise<void> {
  await target.waitFor({ state: "attached" });
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${String(target)} is not reached by ${key}`);
}

test("a question that comes while a dialog is open is seen and answered there", async ({ page, fake }) => {
  await lab(page, fake);
  await page.getByRole("button", { name: "Ask for help" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Raise my hand" }).click();
  await page.getByRole("button", { name: "Your hand is up" }).click();
  const dialog = page.getByRole("dialog", { name: "Your hand is up" });
  await dialog.locator("textarea").first().fill("I am still writing");
  const hers = await teacher(page, fake);
  await hers.goto(`${fake.url}/courses/networks/help`);
  await hers.getByRole("button", { name: /Ask to watch/ }).click();
  await expect(dialog.getByText("Claire Perrin asks to watch your screen.")).toBeVisible();
  // Nobody says yes by typing on.
  await expect(dialog.locator("textarea").first()).toBeFocused();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Allow for 10 minutes" }).click();
  await expect(dialog.getByText("Claire Perrin is watching.")).toBeVisible();
  await expect(dialog.locator("textarea").first()).toHaveValue("I am still writing");
  await dialog.getByRole("button", { name: "Stop" }).click();
  await expect(hers.getByText("Amina Benali has stopped it.")).toBeVisible();
  await hers.context().close();
});

test("launch, check, help and consent by keyboard alone, by what a screen reader is told", async ({ page, fake }) => {
  await signedIn(page, fake);
  await page.goto(fake.url);
  await reach(page, page.getByRole("link", { name: "Watch a TCP handshake" }).first());
  await page.keyboard.press("Enter");
  const tab = page.getByRole("tab", { name: "client" });
  await expect(tab).toBeFocused();
  // From the tab of the terminal back to the instructions: a field with a name, and what the check says.
  const card = page.getByRole("region", { name: "Which port does the server listen on?" });
  await reach(page, card.getByRole("textbox"), "Shift+Tab");
  await page.keyboard.type("80");
  await page.keyboard.press("Alt+Enter");
  await expect(card.getByRole("status")).toContainText("Not yet");
  await expect(card.getByRole("textbox")).toBeFocused();
  await reach(page, page.getByRole("button", { name: "Ask for help" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Ask for help" });
  await reach(page, dialog.getByRole("textbox", { name: "What do you need help with?" }));
  await page.keyboard.type("Which command?");
  await expect(dialog.getByRole("group", { name: "This is sent with it, and nothing else" })).toBeVisible();
  await reach(page, dialog.getByRole("checkbox", { name: "Your last attempt and what the check said" }));
  await page.keyboard.press("Space");
  await reach(page, dialog.getByRole("button", { name: "Raise my hand" }));
  await page.keyboard.press("Enter");
  const button = page.getByRole("button", { name: "Your hand is up" });
  await expect(button).toBeFocused();
  expect(help(fake).hands[0]).toMatchObject({ words: "Which command?", attempts: [] });

  help(fake).ask({ learner: "a1" });
  const bar = page.getByRole("region", { name: "Somebody wants to see your lab" });
  await expect(page.getByRole("status").filter({ hasText: "asks to watch your screen. F6 leads" })).toBeAttached();
  await expect(button).toBeFocused();
  await reach(page, bar.locator("[tabindex='0']"), "F6");
  await page.keyboard.press("Enter");
  await expect(bar.getByRole("button", { name: "Allow for 10 minutes" })).toBeVisible();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(bar.getByRole("button", { name: "Not now" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(bar).toBeHidden();
  help(fake).ask({ learner: "a1" });
  await reach(page, bar.getByRole("button", { name: "Allow for 10 minutes" }));
  // Escape in it is no.
  await page.keyboard.press("Escape");
  await expect(bar).toBeHidden();
  expect([...help(fake).looks.values()].some((look) => look.watching)).toBe(false);
});

test.describe("an exam", () => {
  test.use({ fakeOptions: { exam: true } });

  test("says so from the start and all the time", async ({ page, fake }) => {
    await lab(page, fake);
    const bar = page.getByRole("region", { name: "Somebody wants to see your lab" });
    await expect(bar).toContainText("This is an exam.");
    help(fake).put({ session: [...fake.sessions.keys()][0], learner: "a1", name: "Amina Benali" });
    help(fake).ask({ learner: "a1" });
    await expect(bar).toContainText("Claire Perrin is watching, by the rules of this exam.");
    await expect(bar.getByRole("button", { name: "Stop" })).toHaveCount(0);
    await expectAccessible(page);
  });
});

test.describe("small and in French", () => {
  test.use({ viewport: { width: 360, height: 740 }, locale: "fr-FR", colorScheme: "dark" });

  test("everything fits at 360 px", async ({ page, fake }) => {
    await lab(page, fake);
    await page.getByRole("button", { name: "Demander de l’aide" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByLabel("Sur quoi avez-vous besoin d’aide ?")).toBeVisible();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Lever la main" }).click();
    help(fake).ask({ learner: "a1" });
    const bar = page.getByRole("region", { name: "Quelqu’un demande à voir votre TP" });
    await expect(bar).toContainText("Claire Perrin demande à voir votre écran.");
    await expectAccessible(page);
    await bar.getByRole("button", { name: "Pas maintenant" }).click();
    await expect(bar).toBeHidden();
    const hers = await (await page.context().browser()!.newContext({ viewport: { width: 360, height: 740 }, locale: "fr-FR" })).newPage();
    await signedIn(hers, fake, "claire");
    await hers.goto(`${fake.url}/courses/networks/help`);
    await expect(hers.getByRole("article")).toHaveCount(1);
    await expectAccessible(hers);
    await hers.context().close();
  });
});
