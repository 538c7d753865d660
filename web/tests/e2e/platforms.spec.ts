/// An operator sets up a course platform, with nothing but the page.
import { expect, signedIn, test } from "./support";

test("Moodle is set up from its address, corrected, checked and removed", async ({ page, fake }) => {
  await signedIn(page, fake, "omar");
  await page.goto(`${fake.url}/operator`);
  await page.getByRole("link", { name: "Platforms" }).click();
  await page.getByRole("link", { name: "Add a platform" }).click();
  await page.getByRole("radio", { name: "Moodle" }).check();
  await expect(page.getByText(`${fake.url}/lti/jwks`)).toBeVisible();
  await page.getByLabel("Address of the platform", { exact: true }).fill("https://moodle.example.org/");
  await page.getByLabel("Client id", { exact: true }).fill("Ab3xY");
  await page.getByRole("button", { name: "Register the platform" }).click();
  // The deployment is still missing, and the focus is there.
  await expect(page.getByLabel("Deployment ids")).toBeFocused();
  await page.getByLabel("Deployment ids").fill("3");
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Register the platform" }).click();
  await expect(page.getByRole("heading", { name: "moodle.example.org" })).toBeVisible();
  expect(fake.platforms.all).toMatchObject([
    { issuer: "https://moodle.example.org", client_id: "Ab3xY", deployments: ["3"], keyset_url: "https://moodle.example.org/mod/lti/certs.php" },
  ]);
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.getByText("3 things are to be mended.")).toBeVisible();
  await expect(page.getByText("The platform's clock is 3,605 s ahead of ours.")).toBeVisible();
  await page.getByLabel("Name, for you and teachers").fill("Our Moodle");
  await page.getByRole("button", { name: "Save the changes" }).click();
  await expect(page.getByRole("heading", { name: "Our Moodle" })).toBeVisible();
  await page.getByRole("button", { name: "Remove the platform…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove it" }).click();
  await expect(page.getByText("No platform is registered")).toBeVisible();
});

test("values are copied, and Moodle gets a link to register itself", async ({ page, fake, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signedIn(page, fake, "omar");
  await page.goto(`${fake.url}/operator/platforms/new`);
  await page.getByRole("button", { name: "Copy Tool Initiate Login URL" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${fake.url}/lti/login`);
  await page.goto(`${fake.url}/operator/platforms`);
  await page.getByRole("button", { name: "Let Moodle register itself" }).click();
  await expect(page.getByRole("dialog")).toContainText(`${fake.url}/lti/register/`);
});
