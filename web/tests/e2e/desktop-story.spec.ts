/// A real X program of a real node, in a real browser: what is typed, pasted and copied arrives, and a loss of the line
/// or a reload leaves the program as it was.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, type Page } from "@playwright/test";
import { Line } from "./line";
import { PASSWORD, RealServer } from "./real";
import { expectAccessible } from "./support";

const screen = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const canvas = (page: Page) => screen(page).locator(".screen canvas");

let server: RealServer;
let line: Line;
let url = "";

test.beforeAll(async () => {
  test.setTimeout(600_000);
  server = new RealServer();
  server.labs = [fileURLToPath(new URL("../labs/desk", import.meta.url))];
  server.settings = "record_displays = true";
  await server.start();
  line = new Line(server.port);
  url = await line.listen();
});

test.afterAll(async () => {
  await line?.close();
  await server.stop();
});

/** Types into the program on the screen. */
async function type(page: Page, text: string): Promise<void> {
  await page.getByRole("tab", { name: "Studio", exact: true }).click();
  await expect(screen(page).locator(".desktop")).toHaveAttribute("aria-busy", "false");
  await canvas(page).click({ position: { x: 200, y: 150 } });
  await page.keyboard.type(text, { delay: 5 });
}

/** Has the program show one line, and waits until it does. */
async function shows(page: Page, line: string): Promise<void> {
  await type(page, `clear; echo ${line}; echo shown > typed\n`);
  await reads("typed", /^shown/);
}

/** What a file of the node holds, in the end. */
async function reads(file: string, what: string | RegExp, timeout = 20_000): Promise<void> {
  await expect.poll(() => server.reads("studio", `/home/student/${file}`), { timeout }).toMatch(what);
}

/** Does it again until the program has seen it: a window that has just come loses keys, a busy machine gestures. */
async function writes(act: () => Promise<void>, what: string | RegExp): Promise<void> {
  await expect(async () => {
    await act();
    await reads("typed", what, 5_000);
  }).toPass({ timeout: 60_000 });
}

test("a program on a screen", async ({ page }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));

  await test.step("starts the lab", async () => {
    await page.goto(url);
    await page.getByLabel("Name or e-mail").fill("amina");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "A terminal on a screen" }).click();
    await expect(canvas(page)).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole("tab", { name: "studio", exact: true })).toBeVisible();
  });

  await test.step("the program fills the screen and takes keys", async () => {
    // The program starts when its node is ready; until then nobody listens.
    await writes(() => type(page, "export HERE=yes; echo out $HERE > typed\n"), "out yes");
  });

  await test.step("letters of other keyboards, dead keys and input methods arrive", async () => {
    await type(page, "echo ");
    const devtools = await page.context().newCDPSession(page);
    const key = async (key: string, code: string, modifiers = 0) => {
      for (const type of ["keyDown", "keyUp"] as const) {
        await devtools.send("Input.dispatchKeyEvent", { type, key, code, modifiers, text: type === "keyDown" ? key : "" });
      }
    };
    await key("é", "Digit2");
    await key("ß", "Minus");
    await page.keyboard.down("AltGraph");
    await key("€", "KeyE");
    await page.keyboard.up("AltGraph");
    await devtools.send("Input.imeSetComposition", { text: "^", selectionStart: 1, selectionEnd: 1 });
    await devtools.send("Input.insertText", { text: "ê" });
    await devtools.send("Input.imeSetComposition", { text: "nihon", selectionStart: 5, selectionEnd: 5 });
    await devtools.send("Input.insertText", { text: "日本" });
    await page.keyboard.type(" > typed\n", { delay: 5 });
    await reads("typed", "éß€ê日本");
  });

  await test.step("what is pasted arrives", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.evaluate(() => navigator.clipboard.writeText("ça colle"));
    // So many bytes and no key after them: a program is given what is pasted when it asks for it.
    await type(page, "stty -icanon; head -c 9 > typed; stty icanon\n");
    await page.keyboard.press("Shift+Insert");
    await reads("typed", "ça colle");
  });

  await test.step("what the program copies is on the clipboard", async () => {
    // XTerm hands over what is selected; three presses select the line.
    await shows(page, "à emporter ☕");
    const taken = () => page.evaluate(() => navigator.clipboard.readText());
    await expect(async () => {
      await canvas(page).click({ position: { x: 40, y: 8 }, clickCount: 3 });
      expect((await taken()).trim()).toBe("à emporter ☕");
    }).toPass({ timeout: 20_000 });
  });

  await test.step("where the browser refuses, one press on a button does it", async () => {
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("no"));
    });
    await shows(page, "deux");
    const offer = page.getByRole("button", { name: "Copy what the program has copied" });
    await expect(async () => {
      await canvas(page).click({ position: { x: 20, y: 8 }, clickCount: 3 });
      await expect(offer).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 20_000 });
    // What was selected more than once may be offered once more.
    await expect(async () => {
      await offer.click({ timeout: 1_000 });
      await expect(offer).toBeHidden({ timeout: 1_000 });
    }).toPass({ timeout: 20_000 });
    expect((await page.evaluate(() => navigator.clipboard.readText())).trim()).toBe("deux");
  });

  await test.step("fingers: a tap is a click, a long press the right button, two fingers scroll", async () => {
    const devtools = await page.context().newCDPSession(page);
    const box = (await canvas(page).boundingBox())!;
    type Kind = "touchStart" | "touchMove" | "touchEnd";
    const fingers = (kind: Kind, ...points: [number, number][]) =>
      devtools.send("Input.dispatchTouchEvent", {
        type: kind,
        touchPoints: points.map(([x, y], id) => ({ id, x: box.x + x, y: box.y + y })),
      });
    /** XTerm writes what the mouse does as text: `ESC [ M`, the button and the place. */
    const listens = async (events: number, word: string) => {
      await type(page, `stty -echo -icanon; printf '\\033[?1000h'; echo ${word} > ready; head -c ${events * 6} | od -An -c > typed; printf '\\033[?1000l'; stty sane\n`);
      await reads("ready", word);
    };
    await listens(2, "one");
    const press = async (ms: number) => {
      await fingers("touchStart", [200, 150]);
      await page.waitForTimeout(ms);
      await fingers("touchEnd");
    };
    // Button 0 (a space), then its release (#).
    await writes(() => press(0), /033\s+\[\s+M\s+\S.*033\s+\[\s+M\s+#/);
    await listens(1, "two");
    await writes(() => press(1_500), /033\s+\[\s+M\s+"/);
    await listens(1, "three");
    const scroll = async () => {
      await fingers("touchStart", [200, 100], [260, 100]);
      for (let y = 100; y <= 300; y += 20) await fingers("touchMove", [200, y], [260, y]);
      await fingers("touchEnd");
    };
    // The wheel's buttons are 64 (`) and 65 (a).
    await writes(scroll, /033\s+\[\s+M\s+[`a]/);
  });

  await test.step("a program that is killed comes back, with a word of why", async () => {
    await page.getByRole("tab", { name: "studio", exact: true }).click();
    await screen(page).locator(".xterm-screen").click();
    await page.keyboard.type("pkill -KILL -x xterm\n", { delay: 2 });
    await page.getByRole("tab", { name: "Studio", exact: true }).click();
    const strip = screen(page).getByRole("status").filter({ hasText: "xterm" });
    await expect(strip).toContainText("xterm was ended by signal 9. It was started again.", { timeout: 30_000 });
    await expectAccessible(page);
    await strip.getByRole("button", { name: "Close" }).click();
    await expect(strip).toBeHidden();
    await writes(() => type(page, "export HERE=yes; echo again $HERE > typed\n"), "again yes");
  });

  await test.step("a choice of the picture is kept", async () => {
    await page.getByRole("tab", { name: "Studio", exact: true }).click();
    await page.getByRole("button", { name: "Picture", exact: true }).click();
    await page.getByRole("menuitemradio", { name: /frugal/ }).click();
  });

  await test.step("a cut line leaves the last picture, and the program goes on", async () => {
    const kept = screen(page).locator(".last canvas");
    line.cut();
    await expect(kept).toBeVisible();
    await expect(screen(page)).toContainText("Line lost", { timeout: 20_000 });
    line.mend();
    await expect(kept).toHaveCount(0, { timeout: 30_000 });
    await expect(screen(page)).not.toContainText("Line lost");
  });

  await test.step("a reload shows the program as it was", async () => {
    await page.reload();
    await expect(page.getByRole("tab", { name: "Studio", exact: true })).toBeVisible();
    await page.getByRole("tab", { name: "Studio", exact: true }).click();
    await expect(canvas(page)).toBeVisible();
    await type(page, "echo still $HERE > typed\n");
    await reads("typed", "still yes");
    await page.getByRole("tab", { name: "Studio", exact: true }).click();
    await page.getByRole("button", { name: "Picture", exact: true }).click();
    await expect(page.getByRole("menuitemradio", { name: /frugal/ })).toBeChecked();
    await page.keyboard.press("Escape");
  });

  await test.step("on a telephone, a row has the keys that its keyboard lacks", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole("button", { name: "Lab", exact: true }).click();
    await page.getByRole("button", { name: "Ctrl", exact: true }).click();
    await expect(page.getByRole("button", { name: "Ctrl", exact: true })).toHaveAttribute("aria-pressed", "true");
    await expectAccessible(page);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  await test.step("the learner knows that the screen is recorded, and each look at it is", async () => {
    await page.getByRole("tab", { name: "Studio", exact: true }).click();
    await expect(screen(page).getByText("This screen is being recorded.")).toBeVisible();
    const folder = join(server.folder, "state/displays");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".fbs"));
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const file of files) {
      const bytes = readFileSync(join(folder, file));
      // One part at least, which begins as a server's stream does.
      expect(bytes.subarray(0, 12).toString()).toBe("FBS 001.000\n");
      expect(bytes.subarray(16, 28).toString()).toBe("RFB 003.008\n");
    }
  });

  expect(faults).toEqual([]);
});
