/// A long recording in the Wireshark tab: 100,000 packets are scrolled, filtered and opened, and the page stays small.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { APPS } from "../fake/apps.mjs";
import { expect, openLab, signedIn, test } from "./support";

const BUNDLE = fileURLToPath(new URL("../../dist-wireshark/bundle.json", import.meta.url));
const PACKETS = 100_000;
/** Every so many packets the other host speaks. */
const OTHER = 10_000;
const START_US = 1_788_163_200_000_000n;

test.use({ fakeOptions: { apps: APPS }, actionTimeout: 30_000 });

/** Port of a packet: tells it from its neighbours. */
const portOf = (number: number) => 50_000 + (number % 10_000);
/** A port that no protocol is known by. */
const TARGET = 60_999;

/** A pcapng file of UDP packets, the same bytes each time. */
function recording(count: number): Buffer {
  const frame = Buffer.alloc(52);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]);
  frame.set([0x45, 0, 0, 38, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 14);
  frame.writeUInt16BE(TARGET, 36);
  frame.writeUInt16BE(18, 38);
  const head = Buffer.alloc(48);
  head.writeUInt32LE(0x0a0d0d0a, 0);
  head.writeUInt32LE(28, 4);
  head.writeUInt32LE(0x1a2b3c4d, 8);
  head.writeUInt16LE(1, 12);
  head.fill(255, 16, 24);
  head.writeUInt32LE(28, 24);
  head.writeUInt32LE(1, 28);
  head.writeUInt32LE(20, 32);
  head.writeUInt16LE(1, 36);
  head.writeUInt32LE(20, 44);
  const length = 32 + frame.length;
  const file = Buffer.alloc(head.length + count * length);
  head.copy(file);
  for (let number = 1; number <= count; number += 1) {
    const at = head.length + (number - 1) * length;
    const when = START_US + BigInt(number) * 1_000n;
    file.writeUInt32LE(6, at);
    file.writeUInt32LE(length, at + 4);
    file.writeUInt32LE(Number(when >> 32n), at + 12);
    file.writeUInt32LE(Number(when & 0xffffffffn), at + 16);
    file.writeUInt32LE(frame.length, at + 20);
    file.writeUInt32LE(frame.length, at + 24);
    frame[29] = number % OTHER === 0 ? 3 : 1;
    frame.writeUInt16BE(portOf(number), 34);
    frame.writeUInt32BE(number, 42);
    frame.copy(file, at + 28);
    file.writeUInt32LE(length, at + length - 4);
  }
  return file;
}

test("a hundred thousand packets", async ({ page, fake }) => {
  test.setTimeout(400_000);
  if (!existsSync(BUNDLE)) throw new Error("there is no web/dist-wireshark: npm run wireshark makes it");
  await signedIn(page, fake);
  await openLab(page, fake);
  await page.getByRole("tab", { name: "Packets on lan" }).click();
  const panel = page.locator("[role=tabpanel]:not(.away)");
  const grid = panel.getByRole("grid");
  const foot = panel.locator(".foot");
  const rows = grid.locator("[role=row][id]");
  const row = (number: number) => rows.filter({ has: page.locator(".number", { hasText: new RegExp(`^${number}$`) }) });
  const filter = panel.getByLabel("Display filter");
  await expect(foot).toContainText("79 packets", { timeout: 60_000 });

  const began = Date.now();
  await panel.locator("input[type=file]").setInputFiles({
    name: "long.pcapng",
    mimeType: "application/x-pcapng",
    buffer: recording(PACKETS),
  });
  await expect(foot).toContainText("100,000 packets, 100,000 shown", { timeout: 120_000 });
  await expect(row(1)).toContainText(`${portOf(1)} → ${TARGET} Len=10`);
  console.log(`${PACKETS} packets are read and shown after ${Date.now() - began} ms`);

  const small = async () => {
    expect(await rows.count()).toBeLessThan(100);
    expect(await panel.locator("*").count()).toBeLessThan(2_000);
  };
  await small();
  await expect(grid).toHaveAttribute("aria-rowcount", String(PACKETS + 1));

  await test.step("scrolls through all of it", async () => {
    const scroller = grid.locator(".scroller");
    for (const share of [0.25, 0.5, 0.75, 1]) {
      const top = await scroller.evaluate((element, share) => {
        element.scrollTop = share * (element.scrollHeight - element.clientHeight);
        return element.scrollTop;
      }, share);
      const number = Math.floor(top / 24) + 2;
      await expect(row(number)).toBeInViewport();
      await expect(row(number)).toContainText(`${portOf(number)} → ${TARGET} Len=10`);
    }
    await expect(row(PACKETS)).toBeInViewport();
    await small();
  });

  await test.step("opens the last one, by keyboard", async () => {
    await grid.focus();
    await page.keyboard.press("Home");
    await expect(row(1)).toHaveAttribute("aria-selected", "true");
    await page.keyboard.press("End");
    await expect(row(PACKETS)).toHaveAttribute("aria-selected", "true");
    await expect(row(PACKETS)).toBeInViewport();
    await expect(panel.getByRole("tree")).toContainText(`Frame ${PACKETS}`);
    await expect(panel.getByRole("tree")).toContainText(`Src Port: ${portOf(PACKETS)}`);
    // The packet's own number is in its bytes.
    await expect(panel.locator(".hex").nth(2)).toContainText("00 01 86 a0");
    await small();
  });

  await test.step("filters, and the packet stays selected", async () => {
    await filter.fill("ip.src == 10.0.0.3");
    await expect(foot).toContainText("Wireshark is reading…");
    await expect(foot).toContainText("100,000 packets, 10 shown", { timeout: 90_000 });
    await expect(rows).toHaveCount(PACKETS / OTHER);
    await expect(rows.first()).toContainText(String(OTHER));
    await expect(row(PACKETS)).toHaveAttribute("aria-selected", "true");
    await filter.fill(`ip.src == 10.0.0.3 || udp.srcport == ${portOf(7)}`);
    await expect(foot).toContainText("100,000 packets, 20 shown", { timeout: 90_000 });
    await expect(row(90_007)).toBeVisible();
    await filter.fill("");
    await expect(foot).toContainText("100,000 packets, 100,000 shown", { timeout: 90_000 });
    await expect(row(PACKETS)).toHaveAttribute("aria-selected", "true");
    await expect(row(PACKETS)).toBeInViewport();
    await small();
  });
});
