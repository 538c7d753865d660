/// F6: from one region of the page to the next. A region is marked `data-region` in the document's order.

const FOCUSABLE =
  'a[href], button:not([disabled]), input:not([disabled]), select, textarea, [tabindex]:not([tabindex="-1"])';

function isShown(element: HTMLElement): boolean {
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== "hidden";
}

/** Focuses the first control of the region after (or before) the one that has the focus. */
export function moveRegion(root: HTMLElement, backwards: boolean): void {
  const regions = Array.from(root.querySelectorAll<HTMLElement>("[data-region]")).filter(isShown);
  if (regions.length === 0) return;
  const here = regions.findLastIndex((region) => region.contains(document.activeElement));
  const start = here < 0 && backwards ? 0 : here;
  const next = regions[(start + (backwards ? -1 : 1) + regions.length) % regions.length];
  if (!next) return;
  const first = Array.from(next.querySelectorAll<HTMLElement>(FOCUSABLE)).find(
    (element) => isShown(element) && element.tabIndex >= 0,
  );
  if (first) return first.focus();
  next.tabIndex = -1;
  next.focus();
}
