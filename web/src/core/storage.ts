/// What this browser remembers. A browser may refuse storage (private windows, frames of other sites), so reading
/// gives the fallback and writing is allowed to do nothing; nothing here may throw.

const PREFIX = "labwright.";

export function recall<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Without storage the choice simply lasts until the page is closed.
  }
}

/// What only this tab remembers: the sign-in of a launch is nobody else's in this browser.

export function recallHere<T>(key: string, fallback: T): T {
  try {
    const text = sessionStorage.getItem(PREFIX + key);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function rememberHere(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Then a reload needs the launch again.
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(PREFIX + key);
    sessionStorage.removeItem(PREFIX + key);
  } catch {
    // Nothing was kept, so there is nothing to forget.
  }
}
