/// Sign-in at a school's own provider (`oidc-provider` of npm, a process of another site), in a browser, with the provider's own pages.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test, type Page } from "@playwright/test";
import { freePort, RealServer } from "./real";

const PEER = fileURLToPath(new URL("../../../packaging/oidc-peer", import.meta.url));
const SECRET = "a secret of the tests, long enough";
const server = new RealServer().withLab("shell-basics");
let provider: ChildProcess;

test.beforeAll(async () => {
  test.setTimeout(600_000);
  // `localhost` and `127.0.0.1` are two sites.
  const issuer = `http://localhost:${await freePort()}`;
  server.tables = `[sign_in.oidc]
name = "Campus"
issuer = "${issuer}"
client_id = "labwright"
client_secret = "${SECRET}"
scopes = ["profile"]
courses = ["networks"]
role_claim = "groups"
teachers = ["staff"]
private_network = true
`;
  await server.start();
  const words = ["provider.mjs", issuer, "labwright", SECRET, `${server.url}/sign-in/oidc/back`];
  provider = spawn("node", words, { cwd: PEER, stdio: ["ignore", "pipe", "inherit"] });
  await once(provider.stdout!, "data");
});

test.afterAll(async () => {
  provider?.kill();
  await server.stop();
});

/** From our button to the end of the provider's pages. */
async function signIn(page: Page, name: string) {
  await page.getByRole("button", { name: "Sign in with Campus" }).click();
  await page.getByPlaceholder("Enter any login").fill(name);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

test("a learner comes back to the lab that was asked for, with its name, and stays signed in", async ({ page }) => {
  await page.goto(`${server.url}/labs/networks/shell-basics`);
  await signIn(page, "zoe");
  await expect(page).toHaveURL(/\/(labs\/networks\/shell-basics|sessions\/.+)$/);
  await page.goto(server.url);
  await expect(page.getByRole("heading", { name: /zoe/ })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: /zoe/ })).toBeVisible();
  expect(page.url()).not.toContain("code");
  await page.getByRole("button", { name: /Your menu/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in with Campus" })).toBeVisible();
});

test("who turns back at the provider reads so, and can try again", async ({ page }) => {
  await page.goto(`${server.url}/sign-in`);
  await page.getByRole("button", { name: "Sign in with Campus" }).click();
  await page.getByRole("link", { name: /Cancel/ }).click();
  await expect(page.getByRole("alert")).toContainText("Campus");
  await signIn(page, "yan");
  await expect(page.getByRole("heading", { name: /yan/ })).toBeVisible();
});

test("a teacher by the provider's claim teaches here", async ({ page }) => {
  await page.goto(`${server.url}/courses/networks/help`);
  await signIn(page, "tom-there");
  await expect(page).toHaveURL(`${server.url}/courses/networks/help`);
  await expect(page.getByRole("heading", { name: "Nobody has a hand up." })).toBeVisible();
});

test("a provider that is away is told, and name and password go on", async ({ page }) => {
  const gone = once(provider, "exit");
  provider.kill();
  await gone;
  await page.goto(`${server.url}/sign-in`);
  await page.getByRole("button", { name: "Sign in with Campus" }).click();
  // Chromium itself says so where the provider's address was known already.
  if (page.url().startsWith(server.url)) await expect(page.getByRole("alert")).toContainText("Campus");
  await page.goto(`${server.url}/sign-in`);
  await page.getByLabel("Name or e-mail").fill("amina");
  await page.getByLabel("Password", { exact: true }).fill("open sesame now");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: /Amina/ })).toBeVisible();
});
