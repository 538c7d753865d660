/// What a learner does in the workspace, against the make-believe server.
import { expect, expectOutput, openLab, signedIn, terminal, test, typeInTerminal } from "./support";

test.beforeEach(async ({ page, fake }) => signedIn(page, fake));

test("a lab starts by stages, the instructions are readable meanwhile, and the first tab gets the focus", async ({ page, fake }) => {
  fake.options.startMs = 300;
  await page.goto(`${fake.url}/labs/networks/tcp-handshake`);
  await expect(page.getByRole("heading", { name: "Your lab is starting" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Look around" })).toBeVisible();
  await expect(page.getByRole("progressbar", { name: "Your lab is starting" })).toBeVisible();
  await expect(page.getByRole("tab", { name: "client" })).toBeFocused();
  await expectOutput(page, "student@client");
  // Panes scroll, the page does not: nothing lies below it.
  const overhang = () => document.documentElement.scrollHeight - innerHeight;
  expect(await page.evaluate(overhang)).toBeLessThanOrEqual(0);
});

test("a start that fails says why, and can be tried again", async ({ page, fake }) => {
  fake.options.failAt = "services";
  await page.goto(`${fake.url}/labs/networks/tcp-handshake`);
  await expect(page.getByRole("alert")).toContainText("nginx stopped at once");
  fake.options.failAt = null;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("tab", { name: "client" })).toBeVisible();
});

test("two terminals answer, and a reload brings their output back", async ({ page, fake }) => {
  await openLab(page, fake);
  await typeInTerminal(page, "echo one two\n");
  await expectOutput(page, "one two");
  await page.getByRole("tab", { name: "server" }).click();
  await typeInTerminal(page, "echo three\n");
  await expectOutput(page, "three");
  await page.reload();
  await expect(page.getByRole("tab", { name: "server" })).toHaveAttribute("aria-selected", "true");
  await expectOutput(page, "three");
  await page.getByRole("tab", { name: "client" }).click();
  await expectOutput(page, "one two");
});

test("questions in replayed output are not answered into the shell", async ({ page, fake }) => {
  await openLab(page, fake);
  await typeInTerminal(page, "ask\n");
  await expectOutput(page, "ask");
  const shell = [...[...fake.sessions.values()][0]!.shells.values()].find((one) => one.node === "client")!.shell;
  await expect.poll(() => shell.received.includes("\x1b[?")).toBe(true);
  shell.received = "";
  await page.reload();
  await expectOutput(page, "ask");
  await page.waitForTimeout(500);
  expect(shell.received).toBe("");
});

test("a lost line is told, keys are refused, and the terminal comes back where it was", async ({ page, fake }) => {
  await openLab(page, fake);
  await typeInTerminal(page, "echo before\n");
  await expectOutput(page, "before");
  await fake.stop();
  await expect(terminal(page).getByText("Line lost.")).toBeVisible();
  await page.getByRole("button", { name: /Reconnecting/ }).click();
  const badge = page.getByRole("region", { name: "Your line to the lab" });
  await expect(badge).toContainText("Trying again by itself.");
  await badge.getByRole("button", { name: "Reconnect now" }).click();
  await page.keyboard.press("Escape");
  await typeInTerminal(page, "x");
  await expect(terminal(page).getByText("not sent").first()).toBeVisible();
  const shell = [...[...fake.sessions.values()][0]!.shells.values()].find((one) => one.node === "client")!.shell;
  shell.write("written meanwhile\r\n");
  await fake.back();
  await expect(page.getByText("You are back. Nothing was lost.")).toBeVisible();
  await expectOutput(page, "written meanwhile");
  await typeInTerminal(page, "echo after\n");
  await expectOutput(page, "after");
  expect(shell.received).not.toContain("x");
});

test("a short cut shows nothing", async ({ page, fake }) => {
  await openLab(page, fake);
  await expectOutput(page, "student@client");
  fake.cut();
  await page.waitForTimeout(800);
  await expect(terminal(page).getByText("Line lost.")).toBeHidden();
  await typeInTerminal(page, "echo still here\n");
  await expectOutput(page, "still here");
});

test("where WebSockets are blocked everything goes by HTTPS questions, terminals too", async ({ page, fake }) => {
  fake.options.blocked = true;
  await openLab(page, fake);
  await expectOutput(page, "student@client");
  await typeInTerminal(page, "echo one two\n");
  await expectOutput(page, "one two");
  await page.getByRole("tab", { name: "server" }).click();
  await typeInTerminal(page, "seq 400\n");
  await expectOutput(page, "400");
  await page.getByRole("button", { name: /line/ }).click();
  await expect(page.getByRole("region", { name: "Your line to the lab" })).toContainText("WebSockets are blocked here");
  const port = page.getByRole("region", { name: /Which port/ });
  await port.getByRole("textbox").fill("6180");
  await port.getByRole("textbox").press("Enter");
  await expect(port.getByRole("status")).toContainText("Done");
  // The session's own news come the same way.
  fake.tell({ type: "warning", minutes: 10 });
  await expect(page.getByText("10 minutes left").first()).toBeVisible();
});

test("a lost line comes back where WebSockets are blocked", async ({ page, fake }) => {
  fake.options.blocked = true;
  await openLab(page, fake);
  await expectOutput(page, "student@client");
  await typeInTerminal(page, "echo before\n");
  await expectOutput(page, "before");
  await fake.stop();
  await expect(terminal(page).getByText("Line lost.")).toBeVisible();
  const shell = [...[...fake.sessions.values()][0]!.shells.values()].find((one) => one.node === "client")!.shell;
  shell.write("written meanwhile\r\n");
  await fake.back();
  await expect(page.getByText("You are back. Nothing was lost.")).toBeVisible();
  await expectOutput(page, "written meanwhile");
  await typeInTerminal(page, "echo after\n");
  await expectOutput(page, "after");
});

test("when the network stops blocking WebSockets they are used again", async ({ page, fake, context }) => {
  fake.options.blocked = true;
  await openLab(page, fake);
  await expectOutput(page, "student@client");
  await typeInTerminal(page, "echo polled\n");
  await expectOutput(page, "polled");
  fake.options.blocked = false;
  await context.setOffline(true);
  await context.setOffline(false);
  await page.getByRole("button", { name: /line/ }).click();
  const badge = page.getByRole("region", { name: "Your line to the lab" });
  await expect(badge).not.toContainText("blocked");
  await expect.poll(() => fake.channels.all.size, { timeout: 20_000 }).toBe(0);
  await page.keyboard.press("Escape");
  await typeInTerminal(page, "echo by socket\n");
  await expectOutput(page, "by socket");
});

test("tasks: not yet, part done, done, hints one by one, and the score", async ({ page, fake }) => {
  await openLab(page, fake);
  await page.getByRole("navigation", { name: "Steps" }).getByRole("link", { name: /Capture/ }).click();
  const card = page.getByRole("region", { name: "Capture a complete handshake" });
  await card.getByRole("button", { name: "Check" }).click();
  await expect(card.getByRole("status")).toContainText("Not yet");
  await expect(card.getByRole("button", { name: "Check again" })).toBeFocused();
  await card.getByRole("button", { name: "First hint" }).click();
  await expect(card).toContainText("Hint 1 of 2. Start tcpdump first.");
  await expect(card.getByRole("button", { name: "Second hint" })).toBeFocused();
  await card.getByRole("button", { name: "Second hint" }).click();
  await expect(card).toContainText("Hint 2 of 2.");
  await typeInTerminal(page, "half\n");
  await card.getByRole("button", { name: "Check again" }).click();
  await expect(card.getByRole("status")).toContainText("Part done");
  await expect(card).toContainText("1.5 of 3");
  await typeInTerminal(page, "solve\n");
  await card.getByRole("button", { name: "Check again" }).click();
  await expect(card.getByRole("status")).toContainText("Done");
  await expect(card).toBeFocused();
  await expect(page.getByText("3 of 9 points")).toBeVisible();
});

test("answers: a wrong number, a right one, a choice; the step is done and Next leads on", async ({ page, fake }) => {
  await openLab(page, fake);
  const port = page.getByRole("region", { name: /Which port/ });
  await port.getByRole("textbox").fill("cat");
  await port.getByRole("button", { name: "Check" }).click();
  await expect(port.getByRole("alert")).toContainText("not a number");
  await port.getByRole("textbox").fill("6180");
  await port.getByRole("textbox").press("Alt+Enter");
  await expect(port.getByRole("status")).toContainText("Done");
  await page.getByRole("link", { name: /Next/ }).click();
  const who = page.getByRole("region", { name: /Who sends/ });
  await who.getByRole("radio", { name: "client" }).check();
  await who.getByRole("button", { name: "Check" }).click();
  await expect(who.getByRole("status")).toContainText("Done");
});

test("a broken check blames nobody and leads on", async ({ page, fake }) => {
  await openLab(page, fake);
  await page.getByRole("navigation", { name: "Steps" }).getByRole("link", { name: /Refuse/ }).click();
  const card = page.getByRole("region", { name: /sent twice/ });
  await card.getByRole("button", { name: "Check" }).click();
  await expect(card).toContainText("It is not your work");
  await expect(card.getByRole("button", { name: "Try once more" })).toBeVisible();
});

test("a check whose reply was lost is asked for again", async ({ page, fake }) => {
  await openLab(page, fake);
  await page.getByRole("navigation", { name: "Steps" }).getByRole("link", { name: /Capture/ }).click();
  const card = page.getByRole("region", { name: "Capture a complete handshake" });
  await fake.stop();
  await card.getByRole("button", { name: "Check" }).click();
  await fake.back();
  await expect(card.getByRole("status")).toContainText("Not yet", { timeout: 15_000 });
});

test("code blocks are copied, and run where the author says", async ({ page, fake, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openLab(page, fake);
  await page.getByRole("tab", { name: "server" }).click();
  await page.getByRole("button", { name: "Run on client" }).click();
  await expect(page.getByRole("tab", { name: "client" })).toHaveAttribute("aria-selected", "true");
  await expectOutput(page, "sh: ping: not found");
  await page.getByRole("button", { name: "Copy" }).first().click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("ping -c 2 server");
});

test("copy and paste by keyboard; a program cannot write the clipboard; a link asks first", async ({ page, fake, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openLab(page, fake);
  await page.evaluate(() => navigator.clipboard.writeText("echo pasted"));
  await terminal(page).locator(".xterm").click();
  await page.keyboard.press("Control+Shift+V");
  await page.keyboard.press("Enter");
  await expectOutput(page, /echo pasted\s*pasted/);
  await terminal(page).locator(".xterm-screen").dblclick({ position: { x: 10, y: 8 } });
  await page.keyboard.press("Control+Shift+C");
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("Node");
  await typeInTerminal(page, "steal\n");
  await expectOutput(page, "steal");
  await page.waitForTimeout(300);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("Node");
  await typeInTerminal(page, "link\n");
  await expectOutput(page, "the page");
  const row = terminal(page).locator(".xterm-rows > div", { hasText: "the page" });
  const box = await row.boundingBox();
  await page.mouse.move((box?.x ?? 0) + 60, (box?.y ?? 0) + 8);
  await page.mouse.move((box?.x ?? 0) + 20, (box?.y ?? 0) + 8);
  await page.mouse.down();
  await page.mouse.up();
  const dialog = page.getByRole("dialog", { name: "Open this address?" });
  await expect(dialog).toContainText("https://example.org/page");
  await expect(dialog.getByRole("link", { name: "Open it" })).toHaveAttribute("rel", "noopener noreferrer");
  await dialog.getByRole("button", { name: "Stay here" }).click();
});

test("more terminals: opened, closed with Delete, ended and opened anew", async ({ page, fake }) => {
  await openLab(page, fake);
  await page.getByRole("button", { name: "Open another terminal" }).click();
  await page.getByRole("menuitem", { name: "On client" }).click();
  const extra = page.getByRole("tab", { name: "client 2" });
  await expect(extra).toHaveAttribute("aria-selected", "true");
  await extra.focus();
  await page.keyboard.press("Delete");
  await expect(extra).toBeHidden();
  await page.getByRole("tab", { name: "client" }).click();
  await typeInTerminal(page, "exit 3\n");
  await expect(terminal(page).getByText("This terminal has ended with status 3.")).toBeVisible();
  await terminal(page).getByRole("button", { name: "Open a new one" }).click();
  await typeInTerminal(page, "echo anew\n");
  await expectOutput(page, "anew");
});

test("by keyboard from the first link into a terminal and out again", async ({ page, fake }) => {
  await openLab(page, fake);
  await expect(page.getByRole("tab", { name: "client" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.type("echo in\n");
  await expectOutput(page, "in");
  await page.keyboard.press("Control+Shift+Enter");
  await expect(page.getByRole("tab", { name: "client" })).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: "server" })).toBeFocused();
  await page.keyboard.press("Control+Shift+Enter");
  await page.keyboard.type("echo back\n");
  await expectOutput(page, "back");
  await page.keyboard.press("Control+Shift+Enter");
  const visited: string[] = [];
  for (let n = 0; n < 4; n += 1) {
    await page.keyboard.press("F6");
    visited.push(await page.evaluate(() => document.activeElement?.closest("[data-region]")?.getAttribute("data-region") ?? ""));
  }
  expect(visited).toEqual(["foot", "top", "read", "tabs"]);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
});

test("the divider moves by keyboard and is remembered", async ({ page, fake }) => {
  await openLab(page, fake);
  const divider = page.getByRole("separator", { name: "Width of the instructions" });
  const before = Number(await divider.getAttribute("aria-valuenow"));
  await divider.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(divider).toHaveAttribute("aria-valuenow", String(before + 4));
  await page.reload();
  await expect(divider).toHaveAttribute("aria-valuenow", String(before + 4));
  await divider.focus();
  await page.keyboard.press("Enter");
  await expect(divider).toHaveAttribute("aria-valuenow", String(before));
});

test("time: a warning, 30 minutes more, and a lab that falls asleep and wakes", async ({ page, fake }) => {
  fake.options.endsInMs = 5 * 60_000;
  await openLab(page, fake);
  fake.tell({ type: "warning", minutes: 5 });
  const notice = page.getByRole("region", { name: "Notices" });
  await expect(notice).toContainText("5 minutes left. Your files will be kept.");
  await notice.getByRole("button", { name: "Add 30 minutes" }).click();
  await expect(page.getByRole("button", { name: /35 min left/ })).toBeVisible();
  const [session] = fake.sessions.values();
  session!.state = "asleep";
  fake.changed(session);
  await expect(page.getByRole("heading", { name: "Your lab is asleep" })).toBeVisible();
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByRole("tab", { name: "client" })).toBeVisible();
});

test("reset and end ask first", async ({ page, fake }) => {
  await openLab(page, fake);
  const menu = page.getByRole("button", { name: /Lab menu/ });
  await menu.click();
  await page.getByRole("menuitem", { name: "Reset node client…" }).click();
  const dialog = page.getByRole("dialog", { name: "Start node client afresh?" });
  await expect(dialog.getByRole("button", { name: "Keep it" })).toBeFocused();
  await dialog.getByRole("button", { name: "Keep it" }).click();
  await expect(dialog).toBeHidden();
  await expect(menu).toBeFocused();
  expect(fake.requests.filter((one) => one.includes("reset"))).toEqual([]);
  await menu.click();
  await page.getByRole("menuitem", { name: "End the lab…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End the lab" }).click();
  await expect(page.getByRole("heading", { name: "This lab has ended" })).toBeVisible();
  await page.getByRole("button", { name: "Start it again" }).click();
  await expect(page.getByRole("tab", { name: "client" })).toBeVisible();
});

test("the language changes everything at once, and stays", async ({ page, fake }) => {
  await openLab(page, fake);
  await page.getByRole("button", { name: /Your menu/ }).click();
  await page.getByRole("menuitem", { name: "Français" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "fr");
  await expect(page.getByRole("heading", { name: "Faire un tour" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Observer une poignée de main TCP" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Faire un tour" })).toBeVisible();
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true });

  test("one pane at a time, the task at hand beside the lab, and the missing keys", async ({ page, fake }) => {
    await openLab(page, fake);
    await page.getByRole("navigation", { name: "Steps" }).getByRole("link", { name: /2/ }).click();
    await expect(page.getByRole("heading", { name: "Capture the handshake" })).toBeVisible();
    await page.getByRole("button", { name: "Lab", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Capture the handshake" })).toBeHidden();
    const peek = page.getByRole("complementary", { name: "Task at hand" });
    await expect(peek).toContainText("Task 1 of 2");
    await terminal(page).locator(".xterm").click();
    await page.keyboard.type("half");
    await page.getByRole("toolbar").getByRole("button", { name: "Ctrl, for the next key" }).click();
    await page.keyboard.type("c");
    await expectOutput(page, "^C");
    await peek.getByRole("button", { name: "Check" }).click();
    await expect(page.getByRole("region", { name: "Notices" })).toContainText("Part done");
  });
});
