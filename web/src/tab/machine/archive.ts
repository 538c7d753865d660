/// What a node keeps, out of the machine and back into it: the wire protocol's `keep`.

import { jsonOf, KIND, openStream, Refused, type Frames } from "../../core/wire/client";
import type { Control } from "../../core/wire/messages";
import { joined } from "../../core/wire/packets";
import { Broken, type Yamux } from "../../core/wire/yamux";

/** The files are larger than there is room for. */
export class TooLarge extends Error {}

/** The archive of a node, which may have so many bytes. */
export async function saveNode(mux: Yamux, node: string, mostBytes: number): Promise<Uint8Array> {
  const { frames } = await openStream(mux, { open: "keep", node, op: "save" });
  try {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (;;) {
      const frame = await next(frames);
      if (frame.kind === KIND.eof) return joined(parts);
      if (frame.kind === KIND.control) refuse(jsonOf<Control>(frame));
      if (frame.kind !== KIND.data) continue;
      bytes += frame.bytes.length;
      if (bytes > mostBytes) throw new TooLarge(`the files of ${node} are over ${mostBytes} bytes`);
      parts.push(frame.bytes);
    }
  } finally {
    frames.close();
  }
}

/** Puts an archive back in place of what is there now. What is refused, or breaks off, changes nothing. */
export async function restoreNode(mux: Yamux, node: string, archive: Uint8Array): Promise<void> {
  const { frames } = await openStream(mux, { open: "keep", node, op: "restore" });
  try {
    await frames.write(archive);
    await frames.eof();
    for (;;) {
      const frame = await next(frames);
      if (frame.kind !== KIND.control) continue;
      const control = jsonOf<Control>(frame);
      if (control.control === "exit") return;
      refuse(control);
    }
  } finally {
    frames.close();
  }
}

async function next(frames: Frames) {
  const frame = await frames.read();
  if (frame === null) throw new Broken("the stream ended");
  return frame;
}

function refuse(control: Control): void {
  if (control.control === "failed") throw new Refused(control);
}
