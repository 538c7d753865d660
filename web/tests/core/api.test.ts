import { describe, expect, it, vi } from "vitest";
import { Api, ApiError } from "../../src/core/api";
import { errorText } from "../../src/core/errors";

function apiThat(answers: () => Promise<Response> | Response) {
  const fetcher = vi.fn(async (_url: RequestInfo | URL, _init?: RequestInit) => answers());
  const api = new Api(() => "fr", fetcher as typeof fetch);
  return { api, fetcher };
}

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  return promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: ApiError) => error,
  );
}

describe("api", () => {
  it("adds the token and the language", async () => {
    const { api, fetcher } = apiThat(() => Response.json({ ok: true }));
    api.token = "secret";
    expect(await api.get("/me")).toEqual({ ok: true });
    const [url, init] = fetcher.mock.calls[0] ?? [];
    expect(url).toBe("/api/v1/me?lang=fr");
    expect((init?.headers as Record<string, string>).authorization).toBe("Bearer secret");
  });

  it("takes an empty answer", async () => {
    const { api } = apiThat(() => new Response(null, { status: 204 }));
    expect(await api.post("/sign-out")).toBeNull();
  });

  it("turns a refusal into its words and the time to wait", async () => {
    const { api } = apiThat(() =>
      Response.json(
        { error: { code: "rate_limited", message: "too many tries", hint: "Wait." } },
        { status: 429, headers: { "retry-after": "30" } },
      ),
    );
    const error = await failureOf(api.post("/sign-in"));
    expect([error.status, error.code, error.retryAfter]).toEqual([429, "rate_limited", 30]);
    expect(errorText(error)).toBe("**too many tries.** Wait.");
  });

  it("says so when no answer came, and when it was no JSON", async () => {
    const silent = apiThat(() => Promise.reject(new TypeError("no route")));
    expect((await failureOf(silent.api.get("/me"))).code).toBe("network");
    const odd = apiThat(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
    expect((await failureOf(odd.api.get("/me"))).code).toBe("http_502");
  });

  it("signs out when a token is refused, but not when a password is", async () => {
    const { api } = apiThat(() => Response.json({ error: { code: "x", message: "", hint: "" } }, { status: 401 }));
    const out = vi.fn();
    api.onSignedOut = out;
    await failureOf(api.post("/sign-in"));
    expect(out).not.toHaveBeenCalled();
    api.token = "old";
    await failureOf(api.get("/me"));
    expect(out).toHaveBeenCalledOnce();
  });
});
