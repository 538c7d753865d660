#!/usr/bin/env python3
"""Makes assets/monday.pcapng, and its copy on the client for desktop Wireshark: a morning on a small network, the same bytes each time.

Nine DNS questions of which one is never answered, five visits to a web server of which one finds nothing, one sends a
password in the clear, and one loses a packet on the way. The numbers that lab.yaml expects come from it:

    python3 tools/monday.py && tshark -r assets/monday.pcapng
"""

import os
import struct

MACS = {"client": b"\x02\x00\x0a\x14\x00\x02", "dns": b"\x02\x00\x0a\x14\x00\x35", "web": b"\x02\x00\x0a\x14\x00\x50"}
ADDRESSES = {"client": (10, 20, 0, 2), "dns": (10, 20, 0, 53), "web": (10, 20, 0, 80)}
START_NS = 1_788_163_200_000_000_000  # a Monday, 08:00 UTC


class Capture:
    """A pcapng file of Ethernet frames, with nanoseconds."""

    def __init__(self):
        self.now = START_NS
        option = lambda code, value: struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)
        self.bytes = self.block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        self.bytes += self.block(1, struct.pack("<HHI", 1, 0, 65535) + option(2, b"lan") + option(9, b"\x09") + option(0, b""))

    @staticmethod
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        length = len(body) + 12
        return struct.pack("<II", kind, length) + body + struct.pack("<I", length)

    def wait(self, ms):
        self.now += int(ms * 1_000_000)

    def frame(self, source, target, kind, payload, ms=0.2):
        self.wait(ms)
        frame = (MACS.get(target, b"\xff" * 6) + MACS[source] + struct.pack("!H", kind) + payload).ljust(42, b"\0")
        head = struct.pack("<IIIII", 0, self.now >> 32, self.now & 0xFFFFFFFF, len(frame), len(frame))
        self.bytes += self.block(6, head + frame)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Network:
    def __init__(self):
        self.capture = Capture()
        self.ids = {name: 0x1000 * n for n, name in enumerate(MACS, 1)}
        self.port = 49200

    def arp(self, who, whom):
        body = lambda op, a, ma, b, mb: struct.pack("!HHBBH", 1, 0x800, 6, 4, op) + ma + bytes(a) + mb + bytes(b)
        a, b = ADDRESSES[who], ADDRESSES[whom]
        self.capture.frame(who, None, 0x806, body(1, a, MACS[who], b, b"\0" * 6))
        self.capture.frame(whom, who, 0x806, body(2, b, MACS[whom], a, MACS[who]), 0.05)

    def ip(self, source, target, protocol, segment, ms):
        """Sends a TCP or UDP segment whose checksum is still to be filled in."""
        a, b = bytes(ADDRESSES[source]), bytes(ADDRESSES[target])
        at = 16 if protocol == 6 else 6
        total = checksum(a + b + struct.pack("!BBH", 0, protocol, len(segment)) + segment)
        segment = segment[:at] + struct.pack("!H", total or 0xFFFF) + segment[at + 2:]
        self.ids[source] += 1
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), self.ids[source] & 0xFFFF, 0x4000, 64, protocol, 0) + a + b
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        self.capture.frame(source, target, 0x800, head + segment, ms)

    def dns(self, number, name, answer=None, kind=1, missing=False, silent=False):
        labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
        question = labels + struct.pack("!HH", kind, 1)
        port = 33000 + number
        ask = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + question
        self.ip("client", "dns", 17, struct.pack("!HHHH", port, 53, 8 + len(ask), 0) + ask, 0.4)
        if silent:
            return
        data = b"" if answer is None else b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 300, len(answer)) + answer
        flags = 0x8183 if missing else 0x8180
        said = struct.pack("!HHHHHH", number, flags, 1, 0 if answer is None else 1, 0, 0) + question + data
        self.ip("dns", "client", 17, struct.pack("!HHHH", 53, port, 8 + len(said), 0) + said, 0.7)

    def visit(self, request, response, lose=False):
        """One HTTP visit. With `lose`, the answer's second part comes late: it was lost and is sent again."""
        self.port += 1
        sequence = {"client": 1000 * self.port, "web": 7000 * self.port}
        seen = dict.fromkeys(sequence, 0)

        def tcp(source, flags, data=b"", options=b"", ms=0.3, at=None):
            target = "web" if source == "client" else "client"
            ports = (self.port, 80) if source == "client" else (80, self.port)
            number = sequence[source] if at is None else at
            words = (20 + len(options)) // 4 << 12 | flags
            head = struct.pack("!HHIIHHHH", *ports, number & 0xFFFFFFFF, seen[source] & 0xFFFFFFFF, words, 64240, 0, 0)
            self.ip(source, target, 6, head + options + data, ms)
            if at is None:
                sequence[source] += len(data) + (1 if flags & 3 else 0)
            return number

        def hear(who):
            seen[who] = sequence["web" if who == "client" else "client"]

        mss = struct.pack("!BBH", 2, 4, 1460)
        tcp("client", 0x02, options=mss)
        hear("web")
        tcp("web", 0x12, options=mss)
        hear("client")
        tcp("client", 0x10)
        tcp("client", 0x18, request)
        hear("web")
        tcp("web", 0x10)
        parts = [response[at:at + 1000] for at in range(0, len(response), 1000)]
        for n, part in enumerate(parts):
            begin = tcp("web", 0x18, part, ms=1.1)
            if lose and n == 1:
                # It passed here, but not the client: the client asks for it again and again.
                for _ in range(3):
                    tcp("client", 0x10, ms=0.6)
                tcp("web", 0x18, part, ms=210, at=begin)
            hear("client")
            tcp("client", 0x10)
        tcp("web", 0x11)
        hear("client")
        tcp("client", 0x11)
        hear("web")
        tcp("web", 0x10)


def http(status, body, kind="text/html"):
    return f"HTTP/1.1 {status}\r\nServer: shop/2.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: monday\r\n\r\n".encode()


def main():
    lan = Network()
    shop, mail = bytes(ADDRESSES["web"]), bytes((10, 20, 0, 25))
    lan.arp("client", "dns")
    lan.dns(0x0A01, "shop.example", shop)
    lan.arp("client", "web")
    lan.visit(get("/"), http("200 OK", "<h1>Welcome to the shop</h1>"))
    lan.capture.wait(1800)
    lan.dns(0x0A02, "shop.example", b"\0" * 15 + b"\1", kind=28)
    lan.dns(0x0A03, "mail.example", mail)
    lan.dns(0x0A04, "shpo.example", missing=True)
    lan.capture.wait(2500)
    lan.visit(get("/prices"), http("404 Not Found", "<h1>No such page</h1>"))
    lan.capture.wait(900)
    lan.dns(0x0A05, "shop.example", shop)
    lan.dns(0x0A06, "news.example", silent=True)
    lan.capture.wait(5000)
    lan.dns(0x0A07, "weather.example", bytes((10, 20, 0, 99)))
    form = "name=robin&password=tr0mbone"
    post = f"POST /login HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}"
    lan.visit(post.encode(), http("200 OK", "<p>Hello, robin</p>"))
    lan.capture.wait(700)
    lan.dns(0x0A08, "shop.example", shop)
    lan.visit(get("/catalogue"), http("200 OK", "".join(f"<li>thing {n}, {n * 7 % 90} crowns</li>" for n in range(80)), "text/html"), lose=True)
    lan.capture.wait(1200)
    lan.dns(0x0A09, "mail.example", mail)
    lan.visit(get("/contact"), http("200 OK", "<p>Ring the bell</p>"))
    lab = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    for folder in ["assets", "files/client/home/student"]:
        with open(os.path.join(lab, folder, "monday.pcapng"), "wb") as file:
            file.write(lan.capture.bytes)


if __name__ == "__main__":
    main()
