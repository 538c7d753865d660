/// Puts the server of this tab where the page looks for one. Imported before anything that asks.

import { door } from "../core/door";
import { takeToken } from "./home/person";
import type { TabServer } from "./server";

takeToken(location, history);

let arrived: (server: TabServer) => void = () => {};
let here: TabServer | null = null;
const coming = new Promise<TabServer>((done) => (arrived = done));

door.fetch = async (input, init) => (await coming).fetch(input, init);
door.dial = (url) => {
  if (here === null) throw new Error("the tab's server is not there yet");
  return here.dial(url);
};
door.remote = false;
// Beside the page, wherever that is.
door.files = ".";

export function install(server: TabServer): void {
  here = server;
  arrived(server);
}
