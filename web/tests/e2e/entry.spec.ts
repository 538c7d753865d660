/// Getting in: sign-in, its refusals, invitations, links with a token; and what teachers and operators see.
import { expect, signedIn, test } from "./support";

test("signs in, keeps the person signed in, and signs out", async ({ page, fake }) => {
  await page.goto(fake.url);
  await page.getByLabel("Name or e-mail").fill("amina");
  await page.getByLabel("Password", { exact: true }).fill("open sesame now");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: /Good .*, Amina/ })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: /Good .*, Amina/ })).toBeVisible();
  await page.getByRole("button", { name: /Your menu/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("says what is wrong, and how long to wait after too many tries", async ({ page, fake }) => {
  await page.goto(fake.url);
  const go = page.getByRole("button", { name: "Sign in" });
  await go.click();
  await expect(page.getByRole("alert")).toContainText("Fill in your name");
  await expect(page.getByLabel("Name or e-mail")).toBeFocused();
  await page.getByLabel("Name or e-mail").fill("amina");
  for (let n = 0; n < 6; n += 1) {
    await page.getByLabel("Password", { exact: true }).fill(`wrong ${n}`);
    await go.click();
    await expect(page.getByRole("alert")).toContainText(n < 5 ? "do not match" : "Wait 30 seconds");
  }
  await fake.stop();
  await go.click();
  await expect(page.getByRole("alert")).toContainText("did not answer");
});

test("an invitation makes an account; a wrong code says what codes look like", async ({ page, fake }) => {
  await page.goto(fake.url);
  await page.getByLabel("Class code or link").fill("birch-43");
  await page.getByRole("button", { name: "Join" }).click();
  await expect(page.getByRole("alert")).toContainText("That class code is not in use.");
  await page.goto(`${fake.url}/invitations/birch-42`);
  await expect(page.getByRole("heading", { name: "Join Networks, week 3" })).toBeVisible();
  await page.getByLabel("Sign-in name").fill("amina");
  await page.getByLabel("Your name").fill("Dora");
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Make my account" }).click();
  await expect(page.getByRole("alert")).toContainText("at least 10 characters");
  await page.getByLabel("Password").fill("four words in a row");
  await page.getByRole("button", { name: "Make my account" }).click();
  await expect(page.getByRole("alert")).toContainText("taken");
  await page.getByLabel("Sign-in name").fill("dora");
  await page.getByRole("button", { name: "Make my account" }).click();
  await expect(page.getByRole("heading", { name: /Dora/ })).toBeVisible();
});

test("a token in the link signs in and leaves the address", async ({ page, fake }) => {
  const token = fake.tokenFor("amina");
  await page.goto(`${fake.url}/labs/networks/tcp-handshake#token=${token}`);
  await expect(page.getByRole("tab", { name: "client" })).toBeVisible();
  expect(page.url()).not.toContain("token");
  expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
});

test("a token that ran out leads to the sign-in page, which says so", async ({ page, fake }) => {
  await page.addInitScript(() => localStorage.setItem("labwright.token", '"old"'));
  await page.goto(`${fake.url}/`);
  await expect(page.getByText("Sign in again")).toBeVisible();
});

test("the catalogue finds labs and goes on with the one that runs", async ({ page, fake }) => {
  await signedIn(page, fake);
  await page.goto(`${fake.url}/labs/networks/tcp-handshake`);
  await page.locator("[role=tab]").first().waitFor();
  await page.goto(fake.url);
  await expect(page.getByRole("link", { name: /Go on/ })).toBeVisible();
  await page.getByRole("searchbox", { name: "Find a lab" }).fill("nginx");
  await expect(page.locator("article")).toHaveCount(1);
  await page.getByRole("searchbox", { name: "Find a lab" }).fill("zebra");
  await page.getByRole("button", { name: "Show all labs" }).click();
  await page.getByRole("button", { name: "All points" }).click();
  await expect(page.locator("article")).toHaveCount(1);
});

test("a teacher sees the progress and makes an invitation; a learner is told that it is not open", async ({ page, fake }) => {
  await signedIn(page, fake, "claire");
  await page.goto(fake.url);
  await page.getByRole("link", { name: "Progress of the learners" }).click();
  await expect(page.getByRole("row", { name: /Diego Santos/ })).toContainText("3/3");
  await page.getByRole("button", { name: "Make an invitation" }).click();
  await expect(page.getByRole("dialog").getByLabel("Link")).toHaveValue(/invitations\/birch-42/);
});

test("an operator sees the sessions and asks before one is stopped", async ({ page, fake }) => {
  await signedIn(page, fake, "omar");
  await page.goto(`${fake.url}/labs/networks/tcp-handshake`);
  await page.locator("[role=tab]").first().waitFor();
  await page.goto(fake.url);
  await page.getByRole("link", { name: "Sessions" }).click();
  await page.getByRole("button", { name: "Stop tcp-handshake of Amina Benali" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop the lab" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
});
