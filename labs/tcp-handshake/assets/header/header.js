/// Takes a packet apart as `tcpdump -x` prints it. The checksum is counted by WebAssembly, in checksum.wat.

const WORDS = {
  en: {
    title: "A packet, byte by byte",
    paste: "Paste here what tcpdump -x prints for one packet",
    press: "Press a byte to turn its last bit over, as a bad cable does; press again to turn it back.",
    field: "Field", value: "Value", bytes: "Bytes",
    right: (sum) => `The IP header’s checksum, ${sum}, is right: a router passes this packet on.`,
    wrong: (sum, due) => `The IP header’s checksum says ${sum}, but the bytes give ${due}: the first router throws this packet away.`,
    none: "This is no IPv4 packet: its first byte would be between 45 and 4f, and 20 bytes at least would follow.",
    fields: ["Version and header length", "Service", "Total length", "Identification", "Flags and fragment", "TTL", "Protocol", "Checksum", "Sender", "Receiver", "IP options",
      "Sender’s port", "Receiver’s port", "Sequence number", "Acknowledges up to", "Header length and flags", "Window", "Checksum of TCP", "Urgent", "TCP options"],
  },
  fr: {
    title: "Un paquet, octet par octet",
    paste: "Collez ici ce que tcpdump -x affiche pour un paquet",
    press: "Appuyez sur un octet pour retourner son dernier bit, comme le fait un mauvais câble ; appuyez encore pour le remettre.",
    field: "Champ", value: "Valeur", bytes: "Octets",
    right: (sum) => `La somme de contrôle de l’en-tête IP, ${sum}, est juste : un routeur transmet ce paquet.`,
    wrong: (sum, due) => `La somme de contrôle de l’en-tête IP dit ${sum}, mais les octets donnent ${due} : le premier routeur jette ce paquet.`,
    none: "Ce n’est pas un paquet IPv4 : son premier octet serait entre 45 et 4f, suivi d’au moins 20 octets.",
    fields: ["Version et longueur de l’en-tête", "Service", "Longueur totale", "Identification", "Drapeaux et fragment", "TTL", "Protocole", "Somme de contrôle", "Expéditeur", "Destinataire", "Options IP",
      "Port de l’expéditeur", "Port du destinataire", "Numéro de séquence", "Reçu jusqu’à", "Longueur de l’en-tête et drapeaux", "Fenêtre", "Somme de contrôle de TCP", "Urgent", "Options TCP"],
  },
};

/** Labwright opens the page with the learner's language. */
const lang = new URLSearchParams(location.search).get("lang") ?? navigator.language;
const words = WORDS[lang.slice(0, 2)] ?? WORDS.en;
const $ = (name) => document.querySelector(name);

document.documentElement.lang = words === WORDS.fr ? "fr" : "en";
document.title = words.title;
for (const element of document.querySelectorAll("[data-word]")) element.textContent = words[element.dataset.word];
$("#bytes").setAttribute("aria-label", words.bytes);
$("#paste").value = `0x0000:  4500 003c 1c46 4000 4006 d4e9 0a07 1502
0x0010:  c633 6450 9c3e 1770 6f12 a5c1 0000 0000
0x0020:  a002 faf0 9f5c 0000 0204 05b4 0402 080a
0x0030:  7d1c 29e4 0000 0000 0103 0307`;

const { instance } = await WebAssembly.instantiateStreaming(fetch("checksum.wasm"));
const { checksum, memory } = instance.exports;
const MOST = 1500;
let bytes = [];
let turned = new Set();

const hex = (number, digits) => number.toString(16).padStart(digits, "0");
const number = (part) => part.reduce((sum, byte) => sum * 256 + byte, 0);
const address = (part) => part.join(".");

/** Lines of tcpdump: an offset, groups of hexadecimal digits, perhaps the same as letters; or digits alone. */
function read(text) {
  const lines = text.split("\n");
  const dumped = lines.filter((line) => /^\s*0x[0-9a-f]+:/i.test(line));
  const digits = (dumped.length > 0 ? dumped : lines).map((line) =>
    /^[\s0-9a-f]*/i.exec(line.replace(/^\s*0x[0-9a-f]+:\s*/i, "").split(/ {2,}/)[0])[0].replace(/\s/g, ""));
  return (digits.join("").match(/../g) ?? []).slice(0, MOST).map((pair) => parseInt(pair, 16));
}

/** The fields of a packet: `[name, first byte, bytes, value]`. */
function fieldsOf(packet) {
  const lengths = [1, 1, 2, 2, 2, 1, 1, 2, 4, 4];
  const ipLength = (packet[0] & 15) * 4;
  const tcp = packet[9] === 6 && packet.length >= ipLength + 20;
  const tcpLength = tcp ? (packet[ipLength + 12] >> 4) * 4 : 0;
  const spans = [...lengths, ipLength - 20];
  if (tcp) spans.push(2, 2, 4, 4, 2, 2, 2, 2, Math.max(0, tcpLength - 20));
  let at = 0;
  return spans.flatMap((length, n) => {
    const from = at;
    at += length;
    const part = packet.slice(from, at);
    return length === 0 || part.length === 0 ? [] : [{ name: words.fields[n], from, to: at, part, value: valueOf(n, part), tcp: n > 10 }];
  });
}

function valueOf(n, part) {
  const whole = number(part);
  if (n === 0) return `IPv${part[0] >> 4}, ${(part[0] & 15) * 4}`;
  if (n === 4) return [whole & 0x4000 ? "DF" : "", whole & 0x2000 ? "MF" : "", String((whole & 0x1fff) * 8)].filter(Boolean).join(", ");
  if (n === 6) return { 1: "1 (ICMP)", 6: "6 (TCP)", 17: "17 (UDP)" }[whole] ?? String(whole);
  if (n === 7 || n === 17) return `0x${hex(whole, 4)}`;
  if (n === 8 || n === 9) return address(part);
  if (n === 15) {
    const flags = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"].filter((_, bit) => part[1] & (1 << bit));
    return `${(part[0] >> 4) * 4}, ${flags.join(" ") || "–"}`;
  }
  return n === 10 || n === 19 ? "" : String(whole);
}

/** What the checksum would have to be: counted over the header with nothing in its place. */
function due(packet) {
  const header = packet.slice(0, (packet[0] & 15) * 4);
  header[10] = header[11] = 0;
  new Uint8Array(memory.buffer).set(header);
  return checksum(0, header.length);
}

function show() {
  const packet = bytes.map((byte, at) => (turned.has(at) ? byte ^ 1 : byte));
  const known = packet[0] >> 4 === 4 && (packet[0] & 15) >= 5 && packet.length >= (packet[0] & 15) * 4;
  const [said, counted] = known ? [number(packet.slice(10, 12)), due(packet)] : [0, 0];
  const [a, b] = [`0x${hex(said, 4)}`, `0x${hex(counted, 4)}`];
  $("#says").textContent = !known ? words.none : said === counted ? words.right(a) : words.wrong(a, b);
  $("#says").className = known && said === counted ? "" : "wrong";
  const fields = known ? fieldsOf(packet) : [];
  const fieldAt = (at) => fields.find(({ from, to }) => at >= from && at < to);
  [...$("#bytes").children].forEach((button, at) => {
    const field = fieldAt(at);
    button.textContent = hex(packet[at], 2);
    button.className = field ? (field.tcp ? "tcp" : "") : "rest";
    button.ariaPressed = String(turned.has(at));
    button.title = field?.name ?? "";
  });
  $("tbody").replaceChildren(...fields.map(({ name, value, part, tcp, from }) => {
    const row = document.createElement("tr");
    row.className = tcp ? "tcp" : "";
    row.dataset.from = from;
    const cells = [name, value, part.map((byte) => hex(byte, 2)).join(" ")];
    row.append(...cells.map((text, n) => Object.assign(document.createElement(n === 0 ? "th" : "td"), { textContent: text })));
    row.firstChild.scope = "row";
    return row;
  }));
}

function take() {
  bytes = read($("#paste").value);
  turned = new Set();
  $("#bytes").replaceChildren(...bytes.map(() => Object.assign(document.createElement("button"), { type: "button" })));
  show();
}

/** Where the pointer or the keyboard is, the field and its bytes stand out. */
function light(event) {
  const at = [...$("#bytes").children].indexOf(event.target.closest?.("#bytes button"));
  const rows = [...document.querySelectorAll("tbody tr")];
  const row = rows.findLast((one) => at >= 0 && Number(one.dataset.from) <= at);
  const length = row?.lastChild.textContent.split(" ").length ?? 0;
  const from = Number(row?.dataset.from ?? -1);
  for (const one of rows) one.classList.toggle("lit", one === row && at < from + length);
  [...$("#bytes").children].forEach((button, n) => button.classList.toggle("lit", at >= from && at < from + length && n >= from && n < from + length));
}

$("#paste").addEventListener("input", take);
$("#bytes").addEventListener("click", (event) => {
  const at = [...$("#bytes").children].indexOf(event.target);
  if (at < 0) return;
  if (!turned.delete(at)) turned.add(at);
  show();
  light(event);
});
$("#bytes").addEventListener("pointerover", light);
$("#bytes").addEventListener("focusin", light);
take();
