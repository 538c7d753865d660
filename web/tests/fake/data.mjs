// What the make-believe server teaches. Test ring only.

export const ACCOUNTS = {
  amina: { id: "a1", name: "amina", display_name: "Amina Benali", role: "learner", language: null, password: "open sesame now" },
  claire: { id: "a2", name: "claire", display_name: "Claire Perrin", role: "teacher", language: null, password: "open sesame now" },
  omar: { id: "a3", name: "omar", display_name: "Omar Op", role: "operator", language: null, password: "open sesame now" },
};

const words = (en, fr) => ({ en, fr });

export const LABS = [
  {
    name: "tcp-handshake",
    title: words("Watch a TCP handshake", "Observer une poignée de main TCP"),
    summary: words(
      "Three packets open every connection. Record them, read them, and make one fail.",
      "Trois paquets ouvrent chaque connexion. Enregistrez-les, lisez-les, et faites-en échouer une.",
    ),
    minutes: 120,
  },
  {
    name: "shell-basics",
    title: words("First steps in the shell", "Premiers pas dans le shell"),
    summary: words("Files, permissions and pipes on one machine.", "Fichiers, droits et tubes sur une machine."),
    minutes: 60,
  },
  {
    name: "web-server",
    title: words("A web server that will not start", "Un serveur web qui ne démarre pas"),
    summary: words("Install, configure and break nginx, then mend it.", "Installez, configurez et cassez nginx, puis réparez-le."),
    minutes: 90,
  },
];

export const STEPS = [
  {
    title: words("Look around", "Faire un tour"),
    html: words(
      `<p>While your lab starts, read on. You will work on <code>client</code> and <code>server</code>, on one network called <code>lan</code>.</p>
<ul><li>point at the three packets that open a connection,</li><li>tell “refused” from “no answer”.</li></ul>
<pre data-run="client"><code>ping -c 2 server
</code></pre>
<div data-task="port"></div>
<p>Some more words below the task.</p>`,
      `<p>Pendant que votre TP démarre, lisez. Vous travaillerez sur <code>client</code> et <code>server</code>, sur un réseau nommé <code>lan</code>.</p>
<ul><li>montrer les trois paquets qui ouvrent une connexion,</li><li>distinguer « refusé » de « pas de réponse ».</li></ul>
<pre data-run="client"><code>ping -c 2 server
</code></pre>
<div data-task="port"></div>
<p>Encore quelques mots sous l’exercice.</p>`,
    ),
    tasks: [
      { id: "port", title: words("Which port does the server listen on?", "Sur quel port le serveur écoute-t-il ?"), points: 1, kind: "number", hints: [], on: null, answer: "6180" },
    ],
  },
  {
    title: words("Capture the handshake", "Capturer la poignée de main"),
    html: words(
      `<p>Record the packets on <code>client</code> while it opens a connection to <code>server</code>.</p>
<pre data-run="client"><code>tcpdump -n -i eth0 'tcp port 6180'
</code></pre>
<div data-task="captured"></div>
<table><thead><tr><th>Flag</th><th>Means</th></tr></thead><tbody><tr><td>S</td><td>may we talk?</td></tr></tbody></table>
<pre><code>echo only to copy
</code></pre>`,
      `<p>Enregistrez les paquets sur <code>client</code> pendant qu’il ouvre une connexion vers <code>server</code>.</p>
<pre data-run="client"><code>tcpdump -n -i eth0 'tcp port 6180'
</code></pre>
<div data-task="captured"></div>
<table><thead><tr><th>Drapeau</th><th>Sens</th></tr></thead><tbody><tr><td>S</td><td>on se parle ?</td></tr></tbody></table>`,
    ),
    tasks: [
      {
        id: "captured",
        title: words("Capture a complete handshake", "Capturer une poignée de main complète"),
        points: 3,
        kind: "check",
        hints: [words("Start tcpdump first.", "Démarrez d’abord tcpdump."), words("-c 3 stops after three packets.", "-c 3 arrête après trois paquets.")],
        on: "client",
      },
      {
        id: "who",
        title: words("Who sends the first packet?", "Qui envoie le premier paquet ?"),
        points: 1,
        kind: "choice",
        choices: ["client", "server", "router"],
        hints: [words("Look at the S flag.", "Regardez le drapeau S.")],
        on: null,
        answer: "client",
      },
    ],
  },
  {
    title: words("Refuse", "Refuser"),
    html: words("<p>Make the connection fail.</p>", "<p>Faites échouer la connexion.</p>"),
    tasks: [
      { id: "broken", title: words("Find the packets that were sent twice", "Trouver les paquets envoyés deux fois"), points: 2, kind: "check", hints: [], on: "server" },
      { id: "word", title: words("Which word did the server say?", "Quel mot le serveur a-t-il dit ?"), points: 2, kind: "text", hints: [], on: null, answer: "cat" },
    ],
  },
];

export const STAGES = [
  ["place", 200],
  ["networks", 300],
  ["nodes", 900],
  ["services", 1100],
  ["tabs", 200],
];

export const NODES = [
  { name: "client", state: "ready", addresses: { lan: ["10.0.0.2"] } },
  { name: "server", state: "ready", addresses: { lan: ["10.0.0.1"] } },
];

export const NETWORKS = [{ name: "lan", subnet: "10.0.0.0/24", shaping: { delay_ms: 20, jitter_ms: 0, loss: 0, rate_kbps: 0 } }];
