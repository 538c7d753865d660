/// The window's title: what the page is about, then the product.

export function setTitle(text: string): void {
  document.title = text === "" ? "Labwright" : `${text} · Labwright`;
}
