/// The apps, one folder each. An app that this version cannot show has no line here; the workspace says so in its tab.

import type { AppView } from "../core/types";
import type { IconName } from "../ui/icons";

export const APP_ICONS: Record<AppView["kind"], IconName> = {
  terminal: "terminal",
  desktop: "desktop",
  web: "tab",
  wireshark: "search",
  sql: "server",
  page: "book",
};
