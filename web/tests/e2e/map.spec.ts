/// The map of the lab: seen, walked by keyboard, and as a way to terminals.
import { expect, expectAccessible, expectOutput, openLab, signedIn, terminal, test } from "./support";

const NODES = [
  { name: "client", state: "ready", addresses: { lan: ["10.0.0.2"] } },
  { name: "server", state: "ready", addresses: { lan: ["10.0.0.1"] } },
  { name: "silent", state: "failed", addresses: { lan: ["10.0.0.9"] } },
  { name: "router", state: "ready", addresses: { lan: ["10.0.0.254"], far: ["192.0.2.1", "2001:db8::1"] } },
  { name: "far-server", state: "starting", addresses: { far: ["192.0.2.80"] } },
  { name: "loner", state: "ready", addresses: {} },
];
const NETWORKS = [
  { name: "lan", subnet: "10.0.0.0/24", shaping: { delay_ms: 20, jitter_ms: 0, loss: 0, rate_kbps: 0 } },
  { name: "far", subnet: "192.0.2.0/24", shaping: { delay_ms: 0, jitter_ms: 0, loss: 0.001, rate_kbps: 10_000 } },
];

test.use({ fakeOptions: { nodes: NODES, networks: NETWORKS } });
test.beforeEach(async ({ page, fake }) => signedIn(page, fake));

test("a node leads to its terminal, also to one that has no tab yet", async ({ page, fake }) => {
  await openLab(page, fake);
  await page.getByRole("tab", { name: "Map" }).click();
  const map = page.getByRole("group", { name: "Map of the lab" });
  await expect(page.getByText("4 of 6 nodes up")).toBeVisible();
  await map.getByRole("button", { name: "client 10.0.0.2, node, up, lan 10.0.0.2" }).click();
  await expect(page.getByRole("tab", { name: "client" })).toHaveAttribute("aria-selected", "true");
  await expectOutput(page, "student@client");
  await page.getByRole("tab", { name: "Map" }).click();
  await map.getByRole("button", { name: /^router .*node/ }).click();
  await expect(page.getByRole("tab", { name: "router" })).toHaveAttribute("aria-selected", "true");
  await expectOutput(page, "student@router");
});

test("the keyboard walks along the wires and opens", async ({ page, fake }) => {
  await openLab(page, fake);
  await page.getByRole("tab", { name: "Map" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /^client .*node/ })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("button", { name: "lan 10.0.0.0/24 20 ms delay, network" })).toBeFocused();
  const side = page.getByRole("region", { name: "What is chosen" });
  await expect(side).toContainText("no tab that shows the packets");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("button", { name: /^router .*node/ })).toBeFocused();
  await expect(side).toContainText("2001:db8::1");
  await page.keyboard.press("End");
  await expect(page.getByRole("button", { name: "loner no network, node, up" })).toBeFocused();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("tab", { name: "client" })).toHaveAttribute("aria-selected", "true");
  await expect(terminal(page).locator("textarea")).toBeFocused();
  // The chord leads out, and one Tab leads past the whole drawing.
  await page.getByRole("tab", { name: "Map" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /^client .*node/ })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(side.getByRole("button", { name: "Open its terminal" })).toBeFocused();
  await page.keyboard.press("Control+Shift+Enter");
  await expect(page.getByRole("tab", { name: "Map" })).toBeFocused();
});

test("the list says the same in words", async ({ page, fake }) => {
  await openLab(page, fake);
  await page.getByRole("tab", { name: "Map" }).click();
  await page.getByRole("button", { name: "List" }).click();
  const networks = page.getByRole("list", { name: "Networks" });
  await expect(networks).toContainText("0.1 % loss, 10 Mbit/s");
  await expect(networks).toContainText("router, far-server");
  await page.getByRole("list", { name: "Nodes" }).getByRole("button", { name: "Open a terminal on server" }).click();
  await expect(page.getByRole("tab", { name: "server" })).toHaveAttribute("aria-selected", "true");
});

test("a network leads to its packets where the lab has a tab for them", async ({ page, fake }) => {
  fake.options.apps = [{ id: "app-3", kind: "wireshark", label: "Packets on lan", source: "lan" }];
  await openLab(page, fake);
  await page.getByRole("tab", { name: "Map" }).click();
  await page.getByRole("button", { name: /^lan .*network/ }).click();
  await expect(page.getByRole("tab", { name: "Packets on lan" })).toHaveAttribute("aria-selected", "true");
  await page.getByRole("tab", { name: "Map" }).click();
  await page.getByRole("button", { name: /^far .*network/ }).click();
  await expect(page.getByRole("region", { name: "What is chosen" })).toContainText("no tab that shows the packets");
});

// What the fake sends is a capture of these nodes.
const CAPTURED = [
  { name: "client", state: "ready", addresses: { lan: ["10.20.0.2"] } },
  { name: "dns", state: "ready", addresses: { lan: ["10.20.0.53"] } },
  { name: "web", state: "ready", addresses: { lan: ["10.20.0.80"] } },
];

test("traffic is seen on the wires, and told in words", async ({ page, fake }) => {
  fake.options.nodes = CAPTURED;
  fake.options.networks = [{ name: "lan", subnet: "10.20.0.0/24" }];
  await openLab(page, fake);
  await page.getByRole("tab", { name: "Map" }).click();
  const show = page.getByRole("button", { name: "Show traffic" });
  await expect(show).toHaveAttribute("aria-pressed", "false");
  await show.click();
  const map = page.getByRole("group", { name: "Map of the lab" });
  await expect(map.locator(".tag")).not.toHaveCount(0);
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/traffic.png` });
  await page.getByRole("button", { name: /^lan .*network/ }).focus();
  const side = page.getByRole("region", { name: "What is chosen" });
  await expect(side).toContainText("Last minute");
  await expect(side).toContainText("client to web");
  await expectAccessible(page);
  if (process.env.PICTURES) {
    await page.screenshot({ path: `${process.env.PICTURES}/traffic-side.png` });
    await page.setViewportSize({ width: 360, height: 780 });
    await page.screenshot({ path: `${process.env.PICTURES}/traffic-360.png` });
    await page.setViewportSize({ width: 1440, height: 900 });
  }
  // It rests by itself; the counts stay.
  await expect(map.locator(".tag")).toHaveCount(0);
  await page.getByRole("button", { name: "List" }).click();
  await expect(page.getByRole("list", { name: "Networks" })).toContainText("client to web");
  await show.click();
  await expect(page.getByRole("list", { name: "Networks" })).not.toContainText("Last minute");
});

for (const [scheme, lang, width] of [
  ["light", "en", 1440],
  ["dark", "fr", 1440],
  ["light", "fr", 360],
  ["dark", "en", 360],
] as const) {
  test(`the map is accessible: ${scheme}, ${lang}, ${width} px`, async ({ page, fake }) => {
    await page.addInitScript((value) => localStorage.setItem("labwright.settings", JSON.stringify({ lang: value })), lang);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 780 });
    await openLab(page, fake);
    const tab = page.getByRole("tab", { name: lang === "fr" ? "Carte" : "Map" });
    if (width < 900) await page.getByRole("button", { name: lang === "fr" ? "TP" : "Lab", exact: true }).click();
    await tab.click();
    await expect(page.getByRole("group", { name: lang === "fr" ? "Carte du TP" : "Map of the lab" })).toBeVisible();
    await expectAccessible(page);
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/map-${scheme}-${lang}-${width}.png` });
    await page.getByRole("button", { name: lang === "fr" ? "Liste" : "List" }).click();
    await expectAccessible(page);
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/list-${scheme}-${lang}-${width}.png` });
  });
}
