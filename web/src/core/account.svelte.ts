/// Who is signed in. Keeps the token in this browser, so that a reload and a second tab need no password.

import { Api, ApiError } from "./api";
import { door } from "./door";
import { settings, languageOf } from "./settings.svelte";
import { launched } from "./framed";
import { forget, recall, recallHere, remember, rememberHere } from "./storage";
import type { Account, Invitation, Join, SignedIn } from "./types";

export type AccountState = "unknown" | "in" | "out";

export const api = new Api(() => settings.lang, (input, init) => door.fetch(input, init));

/** A launch has a sign-in of its own, beside that of the person who uses this browser. */
const KEY = launched ? "token.launched" : "token";
/** Whose that is: a lab that opens with no connection asks here. */
const WHO = launched ? "me.launched" : "me";

/** What is remembered of who is signed in. */
export type Who = Pick<Account, "id" | "display_name">;

class AccountStore {
  state = $state<AccountState>("unknown");
  me = $state.raw<Account | null>(null);
  /** Set when the person was signed out by the server, so that the sign-in page can say so. */
  expired = $state(false);
  /** Why the account could not be asked for; the page offers another try. */
  error = $state.raw<ApiError | null>(null);

  constructor() {
    api.token = launched ? recallHere<string | null>(KEY, null) : recall<string | null>(KEY, null);
    api.onSignedOut = () => this.lost();
  }

  /** A link may carry a token after `#token=`. It is taken out of the address at once, so that no copy of it stays. */
  adoptTokenFrom(at: Location, history: History): void {
    const found = /^#token=([\w.~+/=-]+)$/.exec(at.hash);
    if (!found?.[1]) return;
    history.replaceState(history.state, "", at.pathname + at.search);
    this.#keep(decodeURIComponent(found[1]));
  }

  async load(): Promise<void> {
    this.error = null;
    if (api.token === null) {
      this.state = "out";
      return;
    }
    try {
      this.#is(await api.get<Account>("/me"));
    } catch (error) {
      // A refused token was already dropped by `onSignedOut`.
      if (api.token !== null) this.error = error as ApiError;
    }
  }

  async signIn(name: string, password: string): Promise<void> {
    api.token = null;
    this.#enter(await api.post<SignedIn>("/sign-in", { name, password }));
  }

  invitation(code: string): Promise<Invitation> {
    return api.get<Invitation>(`/invitations/${encodeURIComponent(code)}`);
  }

  async join(code: string, join: Join): Promise<void> {
    this.#enter(await api.post<SignedIn>(`/invitations/${encodeURIComponent(code)}`, join));
  }

  async signOut(): Promise<void> {
    try {
      await api.post("/sign-out");
    } catch {
      // The token is forgotten here in any case; the server lets it run out.
    }
    this.#leave(false);
  }

  /** Whoever a launch says that it is. */
  adopt(signedIn: SignedIn): void {
    this.#enter(signedIn);
  }

  lost(): void {
    this.#leave(true);
  }

  #enter(signedIn: SignedIn): void {
    this.#keep(signedIn.token);
    this.#is(signedIn.account);
  }

  #keep(token: string): void {
    api.token = token;
    forget(WHO);
    if (launched) rememberHere(KEY, token);
    else remember(KEY, token);
    this.expired = false;
  }

  #is(me: Account): void {
    this.me = me;
    this.state = "in";
    const who: Who = { id: me.id, display_name: me.display_name };
    if (launched) rememberHere(WHO, who);
    else remember(WHO, who);
    if (!settings.langChosen && me.language) settings.set({ lang: languageOf([me.language]) });
  }

  #leave(expired: boolean): void {
    api.token = null;
    forget(KEY);
    forget(WHO);
    this.me = null;
    this.expired = expired;
    this.state = "out";
  }
}

export const account = new AccountStore();

/** Letters for the round badge: the first of the first and of the last word. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return letters.map((word) => Array.from(word ?? "")[0] ?? "").join("").toUpperCase();
}
