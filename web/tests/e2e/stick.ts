/// An exported folder as a stick has it: `labwright run` serves it to this computer, until it is told to end.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { BINARY } from "./folder";

export class Stick {
  #process: ChildProcess | null = null;

  constructor(readonly folder: string) {}

  /** Starts the program; gives the link that it prints. */
  async plugIn(): Promise<string> {
    const program = spawn(BINARY, ["run", this.folder], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = program;
    for await (const line of createInterface({ input: program.stdout })) return line;
    throw new Error("labwright run ended without a link");
  }

  /** Presses Ctrl-C; gives the exit status. */
  async takeOut(): Promise<number | null> {
    const program = this.#process;
    this.#process = null;
    if (!program || program.exitCode !== null) return program?.exitCode ?? null;
    const ended = once(program, "exit") as Promise<[number | null]>;
    program.kill("SIGINT");
    return (await ended)[0];
  }
}
