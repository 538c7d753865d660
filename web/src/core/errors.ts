/// What a failed request is in a learner's words. The server speaks the learner's language already; what it could not
/// say (no answer, no time) is said here.

import { ApiError } from "./api";
import { t } from "./i18n/index.svelte";

/** One or two sentences, with `**strong**` marks: what happened, what to do. */
export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return t("error.server.action");
  if (error.code === "network") return t("error.network.action");
  if (error.code === "timeout") return t("error.timeout.action");
  if (error.code.startsWith("http_")) return t(error.status === 404 ? "error.notfound" : "error.server.action");
  const message = error.message.replaceAll("*", "");
  return error.hint ? `**${sentence(message)}** ${sentence(error.hint)}` : sentence(message);
}

/** Why a check was not done, without its own heading. */
export function checkRefusal(error: ApiError): string {
  if (error.code === "network") return t("task.line");
  if (error.code === "timeout") return t("task.slow");
  if (error.code === "not_ready") return t("task.notready");
  return errorText(error).replaceAll("**", "");
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) || trimmed === "" ? trimmed : `${trimmed}.`;
}
