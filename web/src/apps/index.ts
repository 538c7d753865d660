/// The apps, one folder each and a line here. A kind of tab that this version cannot show has no loader; the workspace
/// says so in its tab. Terminals are not loaded this way: there may be several of a node, and every lab has one.

import type { Component } from "svelte";
import { door } from "../core/door";
import type { Session } from "../core/session.svelte";
import type { AppView, SessionView } from "../core/types";
import type { IconName } from "../ui/icons";

export type AppKind = AppView["kind"];

export const APP_ICONS: Record<AppKind, IconName> = {
  terminal: "terminal",
  desktop: "desktop",
  web: "tab",
  wireshark: "packets",
  sql: "database",
  page: "book",
  map: "map",
};

/** What an app's component is given. */
export interface AppProps {
  session: Session;
  view: SessionView;
  app: AppView;
  /** Its tab is the one that is seen. It is first shown when it is first selected, and then lives as long as the page. */
  selected: boolean;
  /** The chord was pressed: go to the tab. */
  leave: () => void;
  /** Something came while the tab was not selected. */
  fresh: () => void;
  /** Shows another tab: a node's terminal, a network's packets. False when there is none. */
  show: (kind: AppKind, of: string) => boolean;
}

/** What an app's component can do. */
export interface AppHandle {
  /** Takes the keyboard. */
  focus(): void;
}

type AppComponent = Component<AppProps, AppHandle>;

/** Loads an app's code when its tab is first seen. */
export const APPS: Partial<Record<AppKind, () => Promise<{ default: AppComponent }>>> = {
  wireshark: () => import("./wireshark/Wireshark.svelte"),
  sql: () => import("./sql/Sql.svelte"),
  map: () => import("./map/Map.svelte"),
  desktop: () => import("./desktop/Desktop.svelte"),
  web: () => import("./web/Web.svelte"),
  // A server gives it an origin of its own; without one there is a frame that has none.
  page: () => (door.remote ? import("./web/Web.svelte") : import("./page/Page.svelte")),
};
