/// The one door to the HTTP API: adds the token and the language, and turns every failure into an `ApiError`.
/// It must not show anything and keeps no state but the token.

export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when no answer came at all. */
    readonly status: number,
    /** Stable word for programs, such as `rate_limited`; `network` when no answer came. */
    readonly code: string,
    message: string,
    readonly hint: string | null = null,
    /** Seconds to wait before another try, where the server said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

export interface Request {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  form?: FormData;
  query?: Record<string, string>;
  timeoutMs?: number;
  cache?: RequestCache;
}

/** A check may run for its own limit plus the way there and back, so this is long. */
const TIMEOUT_MS = 90_000;
export const API = "/api/v1";

export class Api {
  token: string | null = null;
  onSignedOut: () => void = () => {};

  constructor(
    private readonly language: () => string,
    private readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  get<T>(path: string): Promise<T> {
    return this.call<T>(path);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.call<T>(path, { method: "POST", body: body ?? {} });
  }

  delete<T>(path: string): Promise<T> {
    return this.call<T>(path, { method: "DELETE" });
  }

  /** A file, such as a lab's asset, asked for anew. */
  async bytes(path: string): Promise<ArrayBuffer> {
    const response = await this.send(path, { cache: "no-cache" });
    if (!response.ok) throw errorOf(response, parse(await response.text()));
    return response.arrayBuffer();
  }

  async call<T>(path: string, request: Request = {}): Promise<T> {
    const response = await this.send(path, request);
    const text = await response.text();
    const body = parse(text);
    if (response.ok) return body as T;
    const error = errorOf(response, body);
    if (error.status === 401 && this.token !== null) this.onSignedOut();
    throw error;
  }

  private async send(path: string, { method = "GET", body, form, query, timeoutMs = TIMEOUT_MS, cache }: Request): Promise<Response> {
    const parameters = new URLSearchParams({ lang: this.language(), ...query });
    const headers: Record<string, string> = { accept: "application/json" };
    if (this.token !== null) headers.authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    try {
      return await this.fetcher(`${API}${path}?${parameters}`, {
        method,
        headers,
        body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
        signal: AbortSignal.timeout(timeoutMs),
        credentials: "same-origin",
        cache,
      });
    } catch (cause) {
      const slow = cause instanceof DOMException && cause.name === "TimeoutError";
      throw new ApiError(0, slow ? "timeout" : "network", String(cause));
    }
  }
}

function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function errorOf(response: Response, body: unknown): ApiError {
  const error = (body as { error?: { code?: string; message?: string; hint?: string | null } } | null)?.error;
  const wait = Number(response.headers.get("retry-after"));
  return new ApiError(
    response.status,
    error?.code ?? `http_${response.status}`,
    error?.message ?? response.statusText,
    error?.hint ?? null,
    Number.isFinite(wait) && wait > 0 ? wait : null,
  );
}
