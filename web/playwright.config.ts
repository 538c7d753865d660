/// Browser tests. Project `fake` runs against the make-believe server in tests/fake, `story` against the real one;
/// `autobahn` only where its fuzzing client is installed, `xfce` only on request.
import { defineConfig } from "@playwright/test";

const CHROMIUM = process.env.LABWRIGHT_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-results",
  fullyParallel: false,
  workers: 1,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    locale: "en-GB",
    viewport: { width: 1440, height: 900 },
    launchOptions: { executablePath: CHROMIUM, args: FLAGS },
  },
  projects: [
    { name: "fake", testIgnore: ["*story.spec.ts", "autobahn.spec.ts", "xfce.spec.ts"] },
    { name: "story", testMatch: "*story.spec.ts", timeout: 600_000 },
    ...(process.env.XFCE ? [{ name: "xfce", testMatch: "xfce.spec.ts", timeout: 600_000 }] : []),
    ...(process.env.WSTEST ? [{ name: "autobahn", testMatch: "autobahn.spec.ts" }] : []),
  ],
});
