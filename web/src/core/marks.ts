/// Marks that a course platform's own page keeps for us where the browser keeps no cookie (LTI Client Side postMessages).
/// An extra, never a need: a platform that is silent, or that is not who it should be, has no mark.
import type { PlatformStorage } from "./types";

/** How long a platform may take. */
const WAIT_MS = 1_000;

interface Heard {
  subject?: unknown;
  message_id?: unknown;
  key?: unknown;
  value?: unknown;
  supported_messages?: unknown;
}

/** Whether the platform's page has the mark that this browser left there when it began to sign in. */
export function hasMark(storage: PlatformStorage, here: Window = window): Promise<boolean> {
  const host = (here.parent !== here ? here.parent : here.opener) as Window | null;
  if (host === null) return Promise.resolve(false);
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const asked = new Set<MessageEventSource>();
  const ask = (name: string) => {
    const frame = name === "_parent" ? host : (host.frames as unknown as Record<string, Window | undefined>)[name];
    if (!frame || asked.has(frame)) return;
    asked.add(frame);
    // Nobody else is told, wherever that frame has gone meanwhile.
    frame.postMessage({ subject: "lti.get_data", message_id: id, key: storage.key }, storage.origin);
  };
  return new Promise((resolve) => {
    const end = (found: boolean) => {
      clearTimeout(late);
      here.removeEventListener("message", hear);
      resolve(found);
    };
    const hear = ({ data, source, origin }: MessageEvent<unknown>) => {
      if (data === null || typeof data !== "object" || source === null) return;
      const heard = data as Heard;
      const answers = heard.subject === "lti.get_data.response" && heard.message_id === id && asked.has(source);
      if (answers && origin === storage.origin) return end(heard.key === storage.key && heard.value === storage.value);
      // The page around ours may stand elsewhere than the platform's sign-in: it says which frame to ask, nothing else.
      if (heard.subject !== "lti.capabilities.response" || heard.message_id !== `${id}c` || source !== host) return;
      const all: unknown[] = Array.isArray(heard.supported_messages) ? heard.supported_messages : [];
      const can = all.find((one) => (one as Heard | null)?.subject === "lti.get_data") as { frame?: unknown } | undefined;
      if (!can) return end(false);
      if (typeof can.frame === "string") ask(can.frame);
    };
    const late = setTimeout(() => end(false), WAIT_MS);
    here.addEventListener("message", hear);
    try {
      ask(storage.target);
      host.postMessage({ subject: "lti.capabilities", message_id: `${id}c` }, "*");
    } catch {
      end(false);
    }
  });
}
