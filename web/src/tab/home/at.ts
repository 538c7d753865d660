/// The page in a folder that a server of ours offers to a course: which course, who the learner is, and what is sent there.

import type { Who } from "../../core/account.svelte";
import { Api, ApiError } from "../../core/api";
import { t } from "../../core/i18n/index.svelte";
import { settings } from "../../core/settings.svelte";
import type { TabHome } from "../../core/types";
import { hashed } from "../course/course.svelte";
import type { TabServer } from "../server";
import { findHome } from "./home";
import { openLedger } from "./ledger";
import { Move } from "./move";
import { identify, tokenOf } from "./person";
import { Results } from "./results.svelte";

export interface AtHome {
  home: TabHome;
  /** Null: nobody is signed in, and nothing reaches the course. */
  who: Who | null;
  /** A word for this learner's work in the course, under which this browser keeps things. */
  scope: string;
  /** What is sent; null for nobody. */
  results: Results | null;
  /** The way of files between this browser and the server. */
  moveOf: (server: TabServer) => Move;
}

/** Null where the folder is nobody's. */
export async function openHome(lab: string, madeOf: string): Promise<AtHome | null> {
  const { home, answers } = await findHome(lab);
  if (home === null) return null;
  const api = new Api(() => settings.lang);
  const who = await identify(api, answers);
  const scope = await hashed(`${home.course} ${who?.id ?? ""}`);
  const ways = { api, ledger: openLedger(), token: () => (who ? tokenOf(who, api) : Promise.resolve("out" as const)) };
  const results = who ? await Results.open(`${lab}.${scope}`, home, who, madeOf, ways) : null;
  const signIn = async () => {
    const token = await ways.token();
    if (token === "out" || token === "other") throw new ApiError(401, "not_signed_in", t("home.trouble.signed_out"));
    return token;
  };
  const moveOf = (server: TabServer) => new Move(new Api(() => settings.lang), home, server.keeper, server.lab.lab, signIn);
  return { home, who, scope, results, moveOf };
}
