/// Wireshark's colour rules by our tokens. The dissector says which rule holds by its background. Pure.

export type Tone = "plain" | "arp" | "icmp" | "tcp" | "udp" | "http" | "edge" | "bad" | "reset" | "routing";

/** Backgrounds of Wireshark's own `colorfilters`. */
const TONES: Record<number, Tone> = {
  0xfaf0d7: "arp",
  0xfce0ff: "icmp",
  0xe7e6ff: "tcp",
  0xdaeeff: "udp",
  0xe4ffc7: "http",
  0xa0a0a0: "edge",
  0xa40000: "reset",
  0x12272e: "bad",
  0xfff3d6: "routing",
};

export function tone(colour: number): Tone {
  return TONES[colour & 0xffffff] ?? "plain";
}
