/// The lab's machine in this tab: an emulator in a worker, and the wire protocol to the agent in it. It says how far it is,
/// runs checks, and opens terminals and captures. It must not draw anything.

import type { components } from "../../core/api.gen";
import { Console } from "../../core/wire/console";
import { jsonOf, KIND, openStream, request } from "../../core/wire/client";
import type { NodeReport, WireEvent } from "../../core/wire/messages";
import { VERSION } from "../../core/wire/packets";
import type { Yamux } from "../../core/wire/yamux";
import { BROKEN, type Judgement, type ScriptCheck } from "../judge";
import { judgeOutput } from "../judge/script";
import type { Machine } from "../server";
import type { Other, TabSocket } from "../socket";
import { restoreNode, saveNode } from "./archive";
import type { Keeper, Nodes } from "./keeper";
import type { FromEmulator, MachineFile, ToEmulator } from "./protocol";
import { CaptureSocket, TerminalSocket } from "./sockets";

type Schemas = components["schemas"];
type SessionView = Schemas["SessionView"];
type Terminal = Schemas["Terminal"];

/** Terminals of a machine; crates/wire/src/limits.rs. */
const MAX_TERMINALS = 32;
/** A page that is not seen lets its machine rest after a while: a lab that is looked up in another tab goes on. */
const REST_AFTER_MS = 60_000;
const ENTROPY_BYTES = 64;

/** How far it is. `bringing`: its state is on the way. */
type Phase = "bringing" | "waking" | "ready" | "failed";

/** What came of its state is told no more often. */
const TELL_EVERY_MS = 500;

export class TabMachine implements Machine {
  onchange: () => void = () => {};
  why: string | null = null;
  #phase: Phase = "bringing";
  #worker: Worker | null = null;
  #loaded = 0;
  #told = 0;
  #line: Console | null = null;
  #mux: Yamux | null = null;
  #nodes = new Map<string, NodeReport["state"]>();
  /** Terminals that were opened and closed since the start, by id; null is closed. */
  #terminals = new Map<string, Terminal | null>();
  #rest: ReturnType<typeof setTimeout> | undefined;
  #resting = false;
  /** What was kept is in the machine that runs. */
  #restored = false;

  constructor(
    private readonly file: MachineFile,
    /** Address of its folder, with a slash at the end. */
    private readonly folder: string,
    /** Of every check. */
    private readonly env: Record<string, string>,
    readonly keeper: Keeper,
    private readonly make: () => Worker = newWorker,
  ) {
    document.addEventListener("visibilitychange", () => this.#seenOrNot());
    keeper.follow(() => this.onchange());
  }

  own(lab: string): void {
    this.keeper.take(lab);
    if (this.#worker === null) this.start();
  }

  leave(): void {
    this.keeper.leave();
    this.#end();
    this.#phase = "bringing";
  }

  /** Starts it from its saved state, also after it has failed. */
  start(): void {
    this.#phase = "bringing";
    this.why = null;
    this.#loaded = 0;
    this.#restored = false;
    this.#nodes.clear();
    this.#terminals.clear();
    const worker = this.make();
    worker.onmessage = (event: MessageEvent<FromEmulator>) => this.#heard(event.data);
    worker.onerror = (event) => this.#fail(event.message || "the worker did not start");
    this.#worker = worker;
    this.#tell({ tell: "start", machine: this.file, folder: this.folder });
    this.onchange();
  }

  seen(view: SessionView): SessionView {
    const { savedAt } = this.keeper.keeping;
    if (this.#phase !== "ready") return { ...this.#onTheWay(view), saved_at: savedAt };
    const nodes = view.nodes.map((node) => ({ ...node, state: this.#nodes.get(node.name) ?? node.state }));
    const first = view.terminals.filter(({ id }) => this.#terminals.get(id) !== null);
    const more = [...this.#terminals.values()].filter((terminal) => terminal !== null);
    return { ...view, nodes, terminals: [...first, ...more], saved_at: savedAt };
  }

  async script(check: ScriptCheck, task: string, answer: string): Promise<Judgement> {
    const { node, script, user, timeout_ms } = check;
    if (this.#mux === null) return BROKEN;
    const env = { ...this.env, TASK: task, ANSWER: answer };
    const reply = await request(this.#mux, { open: "check", node, script, env, user, timeout_ms });
    // What was judged is kept with its points.
    this.keeper.used();
    void this.keeper.soon();
    return reply.reply === "check" ? judgeOutput(reply) : BROKEN;
  }

  open(socket: TabSocket, [what, of = ""]: string[], view: SessionView): Other | null {
    if (what === "captures") return new CaptureSocket(socket, this.#mux, of);
    const terminal = this.seen(view).terminals.find(({ id }) => id === of);
    return what === "terminals" && terminal ? new TerminalSocket(socket, this.#mux, of, terminal.node, this.keeper) : null;
  }

  ask(method: string, [what, of = ""]: string[], body: unknown, view: SessionView): Promise<unknown> | null {
    if (method === "POST" && what === "terminals") return this.#more((body as { node: string }).node, view);
    if (method === "DELETE" && what === "terminals") return this.#less(of);
    if (method === "POST" && what === "reset") return this.#reset((body as { node?: string | null }).node ?? null);
    return null;
  }

  get ready(): boolean {
    return this.#phase === "ready" && this.#mux !== null;
  }

  /** A view of a session whose machine is not there yet. */
  #onTheWay(view: SessionView): SessionView {
    const failed = this.#phase === "failed";
    const at = this.#phase === "bringing" ? 0 : view.stages.length - 1;
    const stages = view.stages.map((stage, n) => {
      const state: Schemas["StageState"] = n < at ? "done" : n > at ? "todo" : failed ? "failed" : "doing";
      const note = n === 0 && this.#phase === "bringing" && this.#loaded > 0 ? this.#progress() : null;
      return { ...stage, state, note, took_ms: null };
    });
    return { ...view, state: failed ? "failed" : "starting", stages };
  }

  #progress(): string {
    const state = this.file.files.find(({ file }) => file === this.file.state.file);
    return `${Math.min(100, Math.round((100 * this.#loaded) / (state?.bytes ?? this.#loaded)))} %`;
  }

  #heard(said: FromEmulator): void {
    if (said.said === "loaded") {
      this.#loaded = said.bytes;
      if (Date.now() - this.#told > TELL_EVERY_MS) {
        this.#told = Date.now();
        this.onchange();
      }
    }
    if (said.said === "output") this.#line?.receive(said.bytes);
    if (said.said === "failed") this.#fail(said.why);
    if (said.said !== "started" || this.#line !== null) return;
    this.#phase = "waking";
    this.onchange();
    this.#line = new Console((bytes) => this.#tell({ tell: "input", bytes }), {
      connected: (mux) => void this.#connected(mux),
      lost: () => {
        this.#mux = null;
        this.keeper.parted();
      },
      refused: (version) => this.#fail(`the agent speaks version ${version}`),
    });
  }

  /** A machine stood still since it was saved, or since the page was hidden: it is told the time, and made random anew. */
  async #connected(mux: Yamux): Promise<void> {
    try {
      await this.#wake(mux);
      const { reply, frames } = await openStream(mux, { open: "status", version: VERSION });
      if (reply.reply !== "status") return this.#fail("the agent gave no status");
      for (const node of reply.nodes) this.#nodes.set(node.name, node.state);
      await this.#restore(mux);
      this.#mux = mux;
      this.#phase = "ready";
      this.onchange();
      for (let frame = await frames.read(); frame !== null; frame = await frames.read()) {
        if (frame.kind === KIND.control) this.#event(jsonOf<WireEvent>(frame));
      }
    } catch (error) {
      // A channel that is lost is asked for again by the console; what else goes wrong is told where it is noticed.
      console.warn(error);
    }
  }

  /** A machine that was new gets the learner's files before anybody sees it. */
  async #restore(mux: Yamux): Promise<void> {
    const nodes: Nodes = {
      save: (node, mostBytes) => saveNode(mux, node, mostBytes),
      restore: (node, archive) => restoreNode(mux, node, archive),
      lost: () => mux.over,
    };
    if (this.#restored) return this.keeper.rejoined(nodes);
    await this.keeper.restore(nodes);
    this.#restored = true;
  }

  async #wake(mux: Yamux): Promise<void> {
    const entropy = Array.from(crypto.getRandomValues(new Uint8Array(ENTROPY_BYTES)), (byte) => byte.toString(16).padStart(2, "0"));
    await request(mux, { open: "wake", unix_ms: Date.now(), entropy: entropy.join("") });
  }

  #event(event: WireEvent): void {
    if (event.event !== "node") return;
    this.#nodes.set(event.name, event.state);
    this.onchange();
  }

  #more(node: string, view: SessionView): Promise<Terminal> {
    const { terminals } = this.seen(view);
    const number = Math.max(0, ...terminals.map(({ id }) => Number(id.slice(1)) || 0), ...[...this.#terminals.keys()].map((id) => Number(id.slice(1)) || 0)) + 1;
    const same = terminals.filter((terminal) => terminal.node === node).length;
    if (terminals.length >= MAX_TERMINALS) return Promise.reject(new Error("too many terminals"));
    const terminal = { id: `t${number}`, node, title: same === 0 ? node : `${node} ${same + 1}` };
    this.#terminals.set(terminal.id, terminal);
    this.onchange();
    return Promise.resolve(terminal);
  }

  async #less(id: string): Promise<undefined> {
    this.#terminals.set(id, null);
    this.onchange();
    // One that has ended by itself is gone already.
    if (this.#mux !== null) await request(this.#mux, { open: "pty_close", terminal: id }).catch(() => null);
    return undefined;
  }

  async #reset(node: string | null): Promise<undefined> {
    const mux = this.#mux;
    if (mux === null) throw new Error("the machine is not there");
    await this.keeper.reset(node, () => request(mux, { open: "reset", node }));
    return undefined;
  }

  #seenOrNot(): void {
    clearTimeout(this.#rest);
    if (document.visibilityState === "hidden") {
      void this.keeper.soon();
      this.#rest = setTimeout(() => this.#run(false), REST_AFTER_MS);
    } else if (this.#resting) {
      this.#run(true);
      if (this.#mux !== null) void this.#wake(this.#mux).catch(() => null);
    }
  }

  #run(run: boolean): void {
    this.#resting = !run;
    this.#tell({ tell: "run", run });
  }

  #fail(why: string): void {
    if (this.#phase === "failed") return;
    console.error(why);
    this.why = why;
    this.#phase = "failed";
    this.keeper.parted();
    this.#end();
    this.onchange();
  }

  #end(): void {
    clearTimeout(this.#rest);
    this.#resting = false;
    this.#mux = null;
    this.#line?.close();
    this.#line = null;
    this.#worker?.terminate();
    this.#worker = null;
  }

  #tell(message: ToEmulator): void {
    this.#worker?.postMessage(message);
  }
}

function newWorker(): Worker {
  return new Worker(new URL("./emulator.ts", import.meta.url), { type: "module" });
}
