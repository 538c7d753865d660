/// The picture of a screen: how good it is asked for, and the last one while there is no line. It must not know the page.

import type { Picture } from "../../core/settings.svelte";
import type RFB from "@novnc/novnc";

/** JPEG quality and compression, 0 to 9. The first are noVNC's own, by which the server knows that nobody chose: it
    then goes by the line. */
const LEVELS: Record<Picture, [number, number]> = { auto: [6, 2], sharp: [9, 2], frugal: [1, 9] };

export function ask(screen: RFB, picture: Picture): void {
  [screen.qualityLevel, screen.compressionLevel] = LEVELS[picture];
}

/** How often it is looked whether a new screen has come. */
const LOOK_MS = 50;
/** What a screen that is not empty takes at least. */
const PICTURE_BYTES = 600;
/** When the old one goes in any case. */
const LONGEST_MS = 2_000;

/** Keeps the last picture in `place` until the next screen has one of its own. */
export class LastPicture {
  #canvas: HTMLCanvasElement | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly place: HTMLElement) {}

  /** The screen that is shown now. */
  shown(canvas: HTMLCanvasElement | null): void {
    this.#canvas = canvas;
  }

  /** The screen is gone, with all but its canvas. */
  keep(): void {
    clearInterval(this.#timer);
    if (this.#canvas === null) return;
    this.place.replaceChildren(this.#canvas);
    this.#canvas = null;
  }

  /** Another one is there; `received` counts its bytes. */
  drop(received: () => number): void {
    const [began, from] = [Date.now(), received()];
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (received() - from < PICTURE_BYTES && Date.now() - began < LONGEST_MS) return;
      this.close();
    }, LOOK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.place.replaceChildren();
  }
}
