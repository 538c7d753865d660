import { describe, expect, it } from "vitest";
import { en } from "../../src/core/i18n/en";
import { fr } from "../../src/core/i18n/fr";
import { french, localeOf, pieces, translate, type Key, type Message } from "../../src/core/i18n/index.svelte";
import { languageOf } from "../../src/core/settings.svelte";

const texts = (message: Message) => (typeof message === "string" ? [message] : [message.one, message.other]);
const variables = (message: Message) =>
  [...new Set(texts(message).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

describe("the two catalogues", () => {
  it("have the same keys", () => {
    expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
  });

  it.each(Object.keys(en) as Key[])("use the same variables in %s", (key) => {
    expect(variables(fr[key])).toEqual(variables(en[key]));
  });

  it("say nothing with an exclamation mark", () => {
    for (const message of [...Object.values(en), ...Object.values(fr)]) {
      for (const text of texts(message)) expect(text).not.toContain("!");
    }
  });
});

describe("translate", () => {
  it("chooses the plural by the language's own rules", () => {
    expect(translate("en", "points", { n: 0 })).toBe("0 points");
    expect(translate("en", "points", { n: 1 })).toBe("1 point");
    expect(translate("fr", "points", { n: 0 })).toBe("0\u00a0point");
    expect(translate("fr", "points", { n: 1.5 })).toBe("1,5\u00a0point");
    expect(translate("fr", "points", { n: 2 })).toBe("2\u00a0points");
  });

  it("writes numbers as the language does", () => {
    expect(translate("fr", "score.of", { score: 4.5, points: 14 })).toBe("4,5 sur 14");
    expect(translate("en", "score.of", { score: 4.5, points: 14 })).toBe("4.5 of 14");
  });

  it("leaves what it was not given, so that a mistake shows", () => {
    expect(translate("en", "run.on")).toBe("Run on {node}");
  });
});

it("french puts no-break spaces before signs and units", () => {
  expect(french("Attention : 3 s ? Non ; « oui »")).toBe(
    "Attention\u00a0: 3\u00a0s\u00a0? Non\u00a0; «\u00a0oui\u00a0»",
  );
});

it("pieces finds strong words and keys", () => {
  expect(pieces("**Line lost.** Press `Ctrl` now.")).toEqual([
    { kind: "strong", text: "Line lost." },
    { kind: "text", text: " Press " },
    { kind: "kbd", text: "Ctrl" },
    { kind: "text", text: " now." },
  ]);
});

it("languageOf takes the first language that we have", () => {
  expect(languageOf(["de-DE", "fr-CA", "en"])).toBe("fr");
  expect(languageOf([])).toBe("en");
});

it("localeOf keeps the reader's variant", () => {
  expect(localeOf("en", ["fr-FR", "en-GB"])).toBe("en-GB");
  expect(localeOf("fr", ["en-GB"])).toBe("fr");
});
