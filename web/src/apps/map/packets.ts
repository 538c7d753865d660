/// What the map says of packets: who sent them, to whom, and one word about what they are. Pure. It reads the pcapng
/// that our agent writes and the first headers of each frame; what it does not know it leaves out.

/** A packet as a map shows it. */
export interface Packet {
  /** Hardware addresses, as hexadecimal digits. */
  from: string;
  to: string;
  /** Network addresses as hexadecimal digits; null where the frame has none. */
  fromAddress: string | null;
  toAddress: string | null;
  /** To more than one station (IEEE 802-2014 §8.2.2). */
  toMany: boolean;
  /** Such as `SYN, ACK`, `DNS` or `ARP request`. */
  label: string;
  /** Length on the wire. */
  bytes: number;
}

/** So much of each packet holds the headers that are read. */
export const SNAP_BYTES = 96;

const ENHANCED_PACKET = 6;
const FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];
const PORTS: Record<number, string> = { 53: "DNS", 67: "DHCP", 68: "DHCP", 123: "NTP", 546: "DHCPv6", 547: "DHCPv6", 5353: "mDNS" };
const ICMP: Record<number, string> = { 0: "echo reply", 3: "unreachable", 5: "redirect", 8: "echo", 11: "time exceeded" };
const ICMP6: Record<number, string> = {
  1: "unreachable", 2: "too big", 3: "time exceeded", 128: "echo", 129: "echo reply", 133: "RS", 134: "RA", 135: "NS", 136: "NA", 143: "MLD",
};

/** The packets in whole pcapng blocks (draft-ietf-opsawg-pcapng §4.3), little-endian as the agent writes them. */
export function* packetsOf(blocks: Uint8Array): Generator<Packet> {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  let at = 0;
  while (at + 12 <= blocks.length) {
    const length = view.getUint32(at + 4, true);
    if (length < 12 || at + length > blocks.length) return;
    if (view.getUint32(at, true) === ENHANCED_PACKET && length >= 32) {
      const captured = Math.min(view.getUint32(at + 20, true), length - 32);
      const packet = packetOf(blocks.subarray(at + 28, at + 28 + captured), view.getUint32(at + 24, true));
      if (packet) yield packet;
    }
    at += length;
  }
}

/** One Ethernet frame, of which `bytes` were on the wire; null when not even its addresses are there. */
export function packetOf(frame: Uint8Array, bytes: number): Packet | null {
  if (frame.length < 14) return null;
  const kind = word(frame, 12);
  const { fromAddress = null, toAddress = null, label } = layer(kind, frame.subarray(14));
  const toMany = ((frame[0] ?? 0) & 1) === 1;
  return { from: hex(frame.subarray(6, 12)), to: hex(frame.subarray(0, 6)), fromAddress, toAddress, toMany, label, bytes };
}

interface Layer {
  fromAddress?: string;
  toAddress?: string;
  label: string;
}

function layer(kind: number, packet: Uint8Array): Layer {
  if (kind === 0x0806) return arp(packet);
  if (kind === 0x0800) return ipv4(packet);
  if (kind === 0x86dd) return ipv6(packet);
  return { label: kind < 0x0600 ? "LLC" : `0x${kind.toString(16).padStart(4, "0")}` };
}

/** RFC 826. */
function arp(packet: Uint8Array): Layer {
  if (packet.length < 28) return { label: "ARP" };
  const label = word(packet, 6) === 2 ? "ARP reply" : "ARP request";
  return { fromAddress: hex(packet.subarray(14, 18)), toAddress: hex(packet.subarray(24, 28)), label };
}

/** RFC 791. */
function ipv4(packet: Uint8Array): Layer {
  if (packet.length < 20) return { label: "IPv4" };
  const addresses = { fromAddress: hex(packet.subarray(12, 16)), toAddress: hex(packet.subarray(16, 20)) };
  // A later fragment has no header of what it carries.
  if ((word(packet, 6) & 0x1fff) !== 0) return { ...addresses, label: "fragment" };
  const header = ((packet[0] ?? 0) & 0x0f) * 4;
  return { ...addresses, label: carried(packet[9] ?? 0, packet.subarray(header), ICMP) };
}

/** RFC 8200; extension headers are stepped over. */
function ipv6(packet: Uint8Array): Layer {
  if (packet.length < 40) return { label: "IPv6" };
  const addresses = { fromAddress: hex(packet.subarray(8, 24)), toAddress: hex(packet.subarray(24, 40)) };
  let next = packet[6] ?? 0;
  let at = 40;
  while ((next === 0 || next === 43 || next === 60) && at + 2 <= packet.length) {
    next = packet[at] ?? 0;
    at += 8 * ((packet[at + 1] ?? 0) + 1);
  }
  return { ...addresses, label: carried(next, packet.subarray(at), ICMP6) };
}

function carried(protocol: number, packet: Uint8Array, icmp: Record<number, string>): string {
  if (protocol === 1 || protocol === 58) return icmp[packet[0] ?? -1] ?? "ICMP";
  if (protocol === 6) return packet.length < 14 ? "TCP" : flags(packet[13] ?? 0);
  if (protocol === 17) return PORTS[word(packet, 2)] ?? PORTS[word(packet, 0)] ?? "UDP";
  return protocol === 89 ? "OSPF" : `IP ${protocol}`;
}

/** RFC 9293 §3.1. */
function flags(bits: number): string {
  const set = FLAGS.filter((_, at) => (bits & (1 << at)) !== 0);
  return set.length === 0 ? "TCP" : set.join(", ");
}

/** An address as it stands in a lab, as the digits of a packet's; null when it is none. */
export function digitsOf(address: string): string | null {
  const bare = address.split("/")[0] ?? "";
  return bare.includes(":") ? digitsOf6(bare) : digitsOf4(bare);
}

/** Whether an address is below a prefix, such as `10.0.0.0/24`. */
export function isWithin(digits: string, prefix: string): boolean {
  const network = digitsOf(prefix);
  const length = Number(prefix.split("/")[1]);
  if (network === null || network.length !== digits.length || !(length >= 0 && length <= 4 * digits.length)) return false;
  const bits = (of: string) => Array.from(of, (digit) => Number.parseInt(digit, 16).toString(2).padStart(4, "0")).join("");
  return bits(network).slice(0, length) === bits(digits).slice(0, length);
}

function digitsOf4(address: string): string | null {
  const parts = address.split(".").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  return parts.length === 4 && parts.every((part) => part < 256) ? hex(Uint8Array.from(parts)) : null;
}

/** RFC 4291 §2.2: groups of digits, of which one run of zeros may be left out. */
function digitsOf6(address: string): string | null {
  const halves = address.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const [head = [], tail] = halves;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length > 2 || (tail ? missing < 1 : missing !== 0)) return null;
  const groups = [...head, ...Array<string>(missing).fill("0"), ...(tail ?? [])];
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return null;
  return groups.map((group) => group.toLowerCase().padStart(4, "0")).join("");
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
