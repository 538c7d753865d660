/// What a screen reader is told while a lab is launched and a task is checked, by the accessibility tree, in both languages.
import { expect, signedIn, test } from "./support";

const WORDS = {
  en: {
    launch: `
      - heading "Your lab is starting" [level=2]
      - paragraph
      - progressbar "Your lab is starting"
      - list:
        - listitem: /Find a place/
    `,
    check: { button: /^Check( |$)/, done: /Done/ },
  },
  fr: {
    launch: `
      - heading "Votre TP démarre" [level=2]
      - paragraph
      - progressbar "Votre TP démarre"
      - list:
        - listitem: /Recherche d’une place/
    `,
    check: { button: /^Vérifier( |$)/, done: /Réussi/ },
  },
} as const;

for (const lang of ["en", "fr"] as const) {
  test.describe(lang, () => {
    test.use({ locale: lang === "en" ? "en-GB" : "fr-FR", fakeOptions: { startMs: 1_500 } });

    test("a launch and a check are told in words", async ({ page, fake }) => {
      const words = WORDS[lang];
      await signedIn(page, fake);
      await page.goto(`${fake.url}/labs/networks/tcp-handshake`);
      await expect(page.locator("#state")).toMatchAriaSnapshot(words.launch);
      fake.options.startMs = 20;
      await page.locator("[role=tab]").first().waitFor({ state: "attached" });
      await expect(page.getByRole("tablist").first()).toMatchAriaSnapshot(`
        - tablist:
          - tab [selected]
      `);
      const card = page.locator("[data-card]").first();
      const button = card.getByRole("button", { name: words.check.button });
      await button.focus();
      await page.keyboard.press("Enter");
      const said = card.getByRole("status");
      await expect(said).toContainText(/\S/);
      const tree = await card.ariaSnapshot();
      expect(tree).toMatch(/- status/);
      expect(tree, tree).toMatch(/- button "(Check|Vérifier)/);
      expect(await page.evaluate(() => document.activeElement?.closest("[data-card]") !== null), "focus stays").toBe(true);
    });
  });
}
