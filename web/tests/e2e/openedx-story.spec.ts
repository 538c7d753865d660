/// A course in Open edX, in browsers that keep no cookies of other sites: an operator registers the platform, a teacher picks a lab by Deep
/// Linking, a learner opens it in the course's frame, fails, raises a hand; the teacher looks with consent and answers; the
/// learner solves it, and the score is in the platform's grade book. The server dies twice on the way.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, expect, test, type BrowserContext, type FrameLocator, type Page } from "@playwright/test";
import { OpenEdx, type Block } from "./openedx";
import { PASSWORD, RealServer } from "./real";

const server = new RealServer().withLab("shell-basics");
const platform = new OpenEdx();

test.beforeAll(async () => {
  test.setTimeout(600_000);
  server.tables = "[lti]\nprivate_networks = true\n";
  await server.start();
  await platform.start(server);
});

test.afterAll(async () => {
  await platform.stop();
  await server.stop();
});

/** A browser of its own, which keeps no cookies of other sites: the setting that people have. */
async function browser(name: string): Promise<BrowserContext> {
  const profile = join(server.folder, name);
  mkdirSync(join(profile, "Default"), { recursive: true });
  const preferences = { profile: { cookie_controls_mode: 1, block_third_party_cookies: true } };
  writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
  const { launchOptions, locale, viewport } = test.info().project.use;
  return chromium.launchPersistentContext(profile, { ...launchOptions, locale, viewport });
}

async function type(page: Page, lab: FrameLocator, text: string): Promise<void> {
  await lab.locator("[role=tabpanel]:not(.away) .xterm-screen").click();
  await page.keyboard.type(text, { delay: 5 });
}

/** An operator with nothing but the page: the values that Open edX shows, and a check. */
async function register(page: Page, { client_id, deployment_id, token_url, keyset_url }: Block): Promise<void> {
  await page.goto(`${server.url}/operator/platforms/new`);
  await page.getByLabel("Name or e-mail").fill("olga");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("radio", { name: "Open edX" }).check();
  await page.getByLabel("Address of the platform", { exact: true }).fill(platform.url);
  await page.getByLabel("Client id", { exact: true }).fill(client_id);
  await page.getByLabel("Name, for you and teachers").fill("Open edX");
  await page.getByLabel("Deployment ids").fill(deployment_id);
  await page.getByLabel("Access token address").fill(token_url);
  await page.getByLabel("Key set address").fill(keyset_url);
  await page.getByRole("button", { name: "Register the platform" }).click();
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.getByText("Nothing is wrong.")).toBeVisible();
  await expect(page.getByText("The platform gives us access")).toBeVisible();
  await expect(page.getByText("Nobody was launched yet.")).toBeVisible();
}

test("a lab in a course", async () => {
  const faults: string[] = [];
  const listen = (page: Page) => {
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => /Content Security Policy/.test(message.text()) && faults.push(message.text()));
  };
  const block = (await platform.config()).prog!;

  const olga = await browser("olga");
  const operating = await olga.newPage();
  listen(operating);
  await test.step("the operator registers the platform", async () => register(operating, block));

  await test.step("a teacher picks a lab in the platform", async () => {
    const ivy = await browser("ivy");
    const page = await ivy.newPage();
    listen(page);
    await page.goto(platform.as("ivy", "/peer/deeplink/prog"));
    await expect(page.getByRole("heading", { name: "Choose a lab for Open edX" })).toBeVisible();
    await page.getByRole("radio", { name: /First steps in the shell/ }).check();
    await page.getByLabel("Points in your grade book").fill("10");
    await page.getByRole("button", { name: "Add to the course" }).click();
    await page.waitForURL(`${platform.url}/**`);
    await expect.poll(async () => (await platform.books()).dl_items.length).toBe(1);
    await ivy.close();
  });

  const alice = await browser("alice");
  const page = await alice.newPage();
  listen(page);
  const lab = page.frameLocator("iframe");
  const word = lab.getByRole("region", { name: "What is the code word?" });

  await test.step("a learner opens it in the course's frame", async () => {
    await page.goto(platform.as("alice", "/peer/block/prog"));
    await expect(lab.getByRole("tab", { name: "desk" })).toBeVisible({ timeout: 60_000 });
    await expect(lab.locator("[role=tabpanel]:not(.away) .xterm-rows")).toContainText("$");
    // Cookies of other sites are blocked, as the test means it.
    const frame = page.frames().find((one) => one.url().startsWith(server.url))!;
    const cookies = await frame.evaluate(() => {
      document.cookie = "plain=1; SameSite=None; Secure";
      return document.cookie;
    });
    expect(cookies).not.toContain("plain");
  });

  await test.step("fails a check", async () => {
    await word.getByRole("textbox").fill("oak");
    await word.getByRole("button", { name: "Check" }).click();
    await expect(word.getByRole("status")).toContainText("Not yet");
  });

  await test.step("raises a hand", async () => {
    await lab.getByRole("button", { name: "Ask for help" }).click();
    const dialog = lab.getByRole("dialog");
    await dialog.getByLabel("What do you need help with?").fill("Where shall I look?");
    await dialog.getByRole("button", { name: "Raise my hand" }).click();
    await expect(lab.getByRole("button", { name: "Your hand is up" })).toBeVisible();
  });

  await test.step("the teacher sees it in the frame, looks with consent, and answers", async () => {
    const ivy = await browser("ivy");
    const hers = await ivy.newPage();
    listen(hers);
    await hers.goto(platform.as("ivy", "/peer/block/prog"));
    const course = hers.frameLocator("iframe");
    // From the lab that the link opens, to the course.
    await course.getByRole("link", { name: "Labwright, all labs" }).click({ timeout: 60_000 });
    await course.getByRole("link", { name: "Board" }).click();
    await course.getByRole("link", { name: "Help", exact: true }).click();
    const hand = course.getByRole("article", { name: "Alice Learner" });
    await expect(hand).toContainText("Where shall I look?");
    await hand.getByRole("button", { name: "Ask to watch" }).click();
    await expect(course.getByText(/has been asked/)).toBeVisible();
    await expect(course.locator(".xterm")).toHaveCount(0);
    const bar = lab.getByRole("region", { name: "Somebody wants to see your lab" });
    await bar.getByRole("button", { name: "Allow for 10 minutes" }).click();
    await course.getByRole("tab", { name: "desk", exact: true }).click();
    await type(page, lab, "echo here I am\n");
    await expect(course.locator("[role=tabpanel]:not(.away) .xterm-rows")).toContainText("here I am");
    await bar.getByRole("button", { name: "Stop" }).click();
    await course.getByRole("link", { name: "Back to the hands" }).click();
    await hand.getByRole("button", { name: "Take it" }).click();
    await hand.getByLabel("Answer to Alice Learner").fill("In files that ls does not show.");
    await hand.getByRole("button", { name: "Send the answer" }).click();
    await expect(lab.getByText("Ivy Instructor answered:")).toBeVisible();

    // The platform lists who never came.
    await course.getByRole("link", { name: "Progress" }).click();
    await course.getByRole("button", { name: "Ask the platform who is in the course" }).click();
    await expect(course.getByText(/The platform lists \d+ learners\./)).toBeVisible();
    await expect(course.getByRole("row", { name: /^Bob Learner/ })).toBeVisible();
    await ivy.close();
  });

  await test.step("the server dies, and the lab goes on", async () => {
    await type(page, lab, "cat station/*/.note\n");
    await server.kill();
    await expect(lab.getByText("Line lost.")).toBeVisible();
    await server.start();
    await expect(lab.getByText("You are back. Nothing was lost.")).toBeVisible({ timeout: 30_000 });
  });

  await test.step("solves it while the platform stands still and the server dies again", async () => {
    const rows = lab.locator("[role=tabpanel]:not(.away) .xterm-rows");
    await expect(rows).toContainText(/birch|maple|willow|cedar|rowan|hazel|aspen|alder/);
    const found = /birch|maple|willow|cedar|rowan|hazel|aspen|alder/.exec(await rows.innerText());
    platform.pause();
    await word.getByRole("textbox").fill(found?.[0] ?? "");
    await word.getByRole("textbox").press("Enter");
    await expect(word.getByRole("status")).toContainText("Done");
    await server.kill();
    await server.start();
    platform.resume();
  });

  await test.step("the score is in the platform's grade book, once", async () => {
    await expect.poll(() => platform.grade("alice", block), { timeout: 120_000 }).toBeGreaterThan(0);
    const { scores, external_ids } = await platform.books();
    expect(scores.filter((score) => score.user_id === external_ids.alice)).toHaveLength(1);
  });

  await test.step("comes back by a reload of the course's page", async () => {
    await page.reload();
    await expect(lab.getByRole("tab", { name: "desk" })).toBeVisible({ timeout: 30_000 });
    await expect(lab.getByText(/^1 of \d+ points$/)).toBeVisible();
  });
  await alice.close();

  await test.step("the operator sees that it works", async () => {
    await operating.getByRole("button", { name: "Check again" }).click();
    await expect(operating.getByText("The last launch came through on")).toBeVisible();
    await expect(operating.getByText("The last score was taken on")).toBeVisible();
    await olga.close();
  });
  expect(faults, "errors in the page").toEqual([]);
});
