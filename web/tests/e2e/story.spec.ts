/// The whole path in a real browser against a real server and real machines: sign in, start tcp-handshake, type in two
/// terminals, fail a check, solve it, see the score, reload, lose the server and regain it.
import { expect, test, type Page } from "@playwright/test";
import { Line } from "./line";
import { PASSWORD, RealServer } from "./real";

const screen = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const output = (page: Page) => screen(page).locator(".xterm-rows");

async function type(page: Page, text: string): Promise<void> {
  await screen(page).locator(".xterm-screen").click();
  await page.keyboard.type(text, { delay: 5 });
}

async function goToStep(page: Page, n: number): Promise<void> {
  await page.getByRole("navigation", { name: "Steps" }).getByRole("link").nth(n - 1).click();
}

let server: RealServer;

test.beforeAll(async () => {
  test.setTimeout(300_000);
  server = await new RealServer().start();
});

test.afterAll(async () => server.stop());

test("a learner's first lab", async ({ page }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));

  await test.step("signs in", async () => {
    await page.goto(server.url);
    await page.getByLabel("Name or e-mail").fill("amina");
    await page.getByLabel("Password", { exact: true }).fill("not my password");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("alert")).toContainText("do not match");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: /Amina/ })).toBeVisible();
  });

  await test.step("starts tcp-handshake", async () => {
    await page.getByRole("link", { name: "Watch a TCP handshake" }).click();
    await expect(page.getByRole("heading", { name: "Look around" })).toBeVisible();
    await expect(page.getByRole("tab", { name: "client" })).toBeVisible({ timeout: 30_000 });
    await expect(output(page)).toContainText("client:~#");
  });

  await test.step("types in two terminals", async () => {
    await type(page, "echo on $(hostname)\n");
    await expect(output(page)).toContainText("on client");
    await page.getByRole("tab", { name: "router" }).click();
    await type(page, "echo on $(hostname)\n");
    await expect(output(page)).toContainText("on router");
  });

  const gateway = page.getByRole("region", { name: /gateway/ });
  await test.step("answers wrongly, takes a hint, and answers rightly", async () => {
    await gateway.getByRole("textbox").fill("192.0.2.1");
    await gateway.getByRole("button", { name: "Check" }).click();
    await expect(gateway.getByRole("status")).toContainText("Not yet");
    await gateway.getByRole("button", { name: "Hint" }).click();
    await expect(gateway).toContainText("names it after via");
    await page.getByRole("tab", { name: "client" }).click();
    await type(page, "clear; ip route show default\n");
    await expect(output(page)).toContainText(/default via 10\.\d+\.\d+\.\d+/);
    const route = /via (10\.\d+\.\d+\.\d+)/.exec(await output(page).innerText());
    await gateway.getByRole("textbox").fill(route?.[1] ?? "");
    await gateway.getByRole("textbox").press("Enter");
    await expect(gateway.getByRole("status")).toContainText("Done");
    await expect(page.getByText("1 of 15 points")).toBeVisible();
  });

  const captured = page.getByRole("region", { name: "Capture a complete handshake" });
  await test.step("fails a check", async () => {
    await goToStep(page, 2);
    await captured.getByRole("button", { name: "Check" }).click();
    await expect(captured.getByRole("status")).toContainText("Not yet");
    await expect(captured.getByRole("status")).toContainText("/tmp/handshake.pcap");
  });

  await test.step("solves it in two terminals of one node", async () => {
    await type(page, "tcpdump -n -i eth0 -U -w /tmp/handshake.pcap tcp\n");
    await expect(output(page)).toContainText("listening on eth0");
    await page.getByRole("button", { name: "Open another terminal" }).click();
    await page.getByRole("menuitem", { name: "On client" }).click();
    // The first terminal of the node has the same prompt, and a click that began on it would wait for it.
    await expect(page.getByRole("tab", { name: "client 2" })).toHaveAttribute("aria-selected", "true");
    await expect(output(page)).toContainText("client:~#");
    await type(page, "visit\n");
    await expect(output(page)).toContainText("visit");
    await page.waitForTimeout(2_500);
    await page.getByRole("tab", { name: "client" }).first().click();
    await type(page, "");
    await page.keyboard.press("Control+c");
    await expect(output(page)).toContainText("packets captured");
    await captured.getByRole("button", { name: "Check again" }).click();
    await expect(captured.getByRole("status")).toContainText("Done", { timeout: 20_000 });
  });

  await test.step("sees on the map what passes", async () => {
    await type(page, "ping -q server >/dev/null &\n");
    await page.getByRole("tab", { name: "Map" }).click();
    const map = page.getByRole("group", { name: "Map of the lab" });
    await expect(map.locator(".tag")).toHaveCount(0);
    await page.getByRole("button", { name: "Show traffic" }).click();
    await expect(map.locator(".tag").filter({ hasText: "echo reply" }).first()).toBeVisible();
    await page.getByRole("button", { name: /^lan .*network/ }).focus();
    await expect(page.getByRole("region", { name: "What is chosen" })).toContainText("client to router: echo");
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/traffic-real.png` });
    await page.getByRole("button", { name: "Show traffic" }).click();
    await page.getByRole("tab", { name: "client" }).first().click();
    await type(page, "kill %1\n");
  });

  await test.step("sees the score", async () => {
    await expect(page.getByText("4 of 15 points")).toBeVisible();
  });

  await test.step("reloads, and everything is still there", async () => {
    await page.reload();
    await expect(page.getByText("4 of 15 points")).toBeVisible();
    await expect(captured.getByRole("status")).toContainText("Done");
    await page.getByRole("tab", { name: "client" }).first().click();
    await expect(output(page)).toContainText("packets captured");
  });

  await test.step("loses the server and regains it", async () => {
    await type(page, "clear; i=0; while sleep 1; do i=$((i+1)); echo tick $i; done\n");
    await expect(output(page)).toContainText("tick 2");
    await server.kill();
    await expect(screen(page).getByText("Line lost.")).toBeVisible();
    await page.keyboard.press("x");
    await expect(screen(page).getByText("not sent").first()).toBeVisible();
    await server.start();
    await expect(page.getByText("You are back. Nothing was lost.")).toBeVisible({ timeout: 20_000 });
    await expect(screen(page).getByText("Line lost.")).toBeHidden();
    // The shell never stopped: its ticks are there without a gap, also those of the time without a server.
    await expect(output(page)).toContainText("tick 9", { timeout: 30_000 });
    const ticks = [...(await output(page).innerText()).matchAll(/tick (\d+)/g)].map((match) => Number(match[1]));
    expect(ticks).toEqual(ticks.map((_, at) => at + 1));
    await page.keyboard.press("Control+c");
    await type(page, "echo alive $((40 + 2))\n");
    await expect(output(page)).toContainText("alive 42");
  });

  const end = async () => {
    await page.getByRole("button", { name: /Lab menu/ }).click();
    await page.getByRole("menuitem", { name: "End the lab…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End the lab" }).click();
    await expect(page.getByRole("heading", { name: "This lab has ended" })).toBeVisible({ timeout: 30_000 });
  };

  await test.step("ends the lab, starts it again, and has its files and points", async () => {
    await type(page, "echo mine > /root/note\n");
    await end();
    await page.getByRole("button", { name: "Start it again" }).click();
    await expect(page.getByRole("tab", { name: "client" }).first()).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText("4 of 15 points")).toBeVisible();
    await type(page, "cat /root/note; ls /tmp\n");
    await expect(output(page)).toContainText("mine");
    await expect(output(page)).toContainText("handshake.pcap");
    await end();
  });

  expect(faults, "errors thrown in the page").toEqual([]);
});

/** Signs in over the line and opens the lab's first terminal. */
async function openOver(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Name or e-mail").fill("amina");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Watch a TCP handshake" }).click();
  await expect(page.getByRole("tab", { name: "client" }).first()).toBeVisible({ timeout: 30_000 });
  await page.getByRole("tab", { name: "client" }).first().click();
  await expect(output(page)).toContainText("client:~#", { timeout: 20_000 });
}

for (const blocked of [false, true]) {
  test(blocked ? "where WebSockets are blocked, and the line is cut" : "the line is cut in the middle of the work", async ({ page }) => {
    const line = new Line(server.port);
    line.blocked = blocked;
    const url = await line.listen();
    await openOver(page, url);
    await type(page, "clear; i=0; while sleep 1; do i=$((i+1)); echo tick $i; done\n");
    await expect(output(page)).toContainText("tick 2");
    line.cut();
    await expect(screen(page).getByText("Line lost.")).toBeVisible({ timeout: 20_000 });
    await page.keyboard.press("x");
    await expect(screen(page).getByText("not sent").first()).toBeVisible();
    await page.waitForTimeout(5_000);
    line.mend();
    await expect(page.getByText("You are back. Nothing was lost.")).toBeVisible({ timeout: 20_000 });
    await expect(output(page)).toContainText("tick 9", { timeout: 30_000 });
    const ticks = [...(await output(page).innerText()).matchAll(/tick (\d+)/g)].map((match) => Number(match[1]));
    expect(ticks, "every tick once and in order").toEqual(ticks.map((_, at) => at + 1));
    await page.keyboard.press("Control+c");
    await type(page, "clear; echo alive $((40 + 2))\n");
    await expect(output(page)).toContainText("alive 42");
    await page.getByRole("button", { name: /line/ }).click();
    const badge = page.getByRole("region", { name: "Your line to the lab" });
    await expect(badge).toContainText(blocked ? "WebSockets are blocked here" : "WebSocket");
    await page.keyboard.press("Escape");
    await page.getByRole("tab", { name: "Map" }).click();
    await page.getByRole("group", { name: "Map of the lab" }).getByRole("button", { name: /^router/ }).click();
    await expect(output(page)).toContainText("router:~#");
    await page.context().close();
    await line.close();
  });
}
