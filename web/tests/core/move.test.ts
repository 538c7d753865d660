/// Files between the tab and the server: whole or not at all, and nothing replaced that nobody was asked about.
import { beforeEach, describe, expect, it } from "vitest";
import { Api } from "../../src/core/api";
import type { KeptFiles } from "../../src/core/types";
import { isOpenThere, Move, NotMoved } from "../../src/tab/home/move";
import type { Keeper } from "../../src/tab/machine/keeper";

const HOME = { labwright: 1, course: "networks", title: "Networks", lab: "shell" };

/** jsdom's files cannot say it themselves. */
function textOf(file: File): Promise<string> {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.readAsText(file);
  });
}

/** A server with files of a learner's, and a session or none. */
class Server {
  at: number | null = null;
  nodes = new Map<string, string>();
  session: string | null = null;
  /** Looks until a session that was told to end has. */
  ending = 0;
  broken = "";
  api = new Api(() => "en", async (input, init) => {
    const path = new URL(String(input), "http://x").pathname.replace("/api/v1", "");
    if (this.broken !== "" && path.endsWith(this.broken)) throw new TypeError("no network");
    const method = init?.method ?? "GET";
    if (path.endsWith("/end")) {
      this.ending = 2;
      return Response.json({});
    }
    const node = /\/kept\/(\w+)$/.exec(path)?.[1];
    if (node) return new Response(this.nodes.get(node));
    if (method === "POST") {
      if (this.session) return Response.json({ error: { code: "session_open", message: "It is open.", hint: null } }, { status: 409 });
      this.nodes = new Map(await Promise.all([...(init?.body as FormData).entries()].map(async ([name, part]) => [name, await textOf(part as File)] as const)));
      this.at = (this.at ?? 0) + 100;
    }
    if (this.ending > 0 && --this.ending === 0) this.session = null;
    const nodes = [...this.nodes].map(([node, text]) => ({ node, bytes: text.length }));
    return Response.json({ at: this.at, nodes, session: this.session ? { id: this.session, state: "ready" } : null } satisfies KeptFiles);
  });
}

function tab(files: Record<string, string>) {
  const keeper = {
    names: ["desk"],
    takes: true,
    files,
    soon: async () => {},
    kept: async () => Object.entries(keeper.files).map(([node, text]) => ({ node, at: 50, archive: new TextEncoder().encode(text) })),
    bring: async (archives: { node: string; archive: Uint8Array }[]) => {
      if (keeper.takes) keeper.files = Object.fromEntries(archives.map(({ node, archive }) => [node, new TextDecoder().decode(archive)]));
      return keeper.takes;
    },
  };
  return keeper;
}

function between(server: Server, keeper: ReturnType<typeof tab>) {
  return new Move(server.api, HOME, keeper as unknown as Keeper, "shell.x", async () => "t", 1);
}

beforeEach(() => localStorage.clear());

describe("files between the tab and the server", () => {
  it("are there whole, and not asked about again", async () => {
    const [server, keeper] = [new Server(), tab({ desk: "mine" })];
    const move = between(server, keeper);
    await move.toServer();
    expect(server.nodes).toEqual(new Map([["desk", "mine"]]));
    expect(move.isOwn(await move.look())).toBe(false);
    server.at = 700;
    expect([move.isOwn(await move.look()), await move.newer()]).toEqual([true, 700]);
  });

  it("nothing here replaces nothing there", async () => {
    const [server, keeper] = [new Server(), tab({})];
    server.nodes.set("desk", "theirs");
    await between(server, keeper).toServer();
    expect(server.nodes.get("desk")).toBe("theirs");
  });

  it("a session that is open refuses them until it has ended", async () => {
    const [server, keeper] = [new Server(), tab({ desk: "mine" })];
    server.session = "s1";
    const move = between(server, keeper);
    await expect(move.toServer()).rejects.toSatisfy(isOpenThere);
    expect(server.nodes.size).toBe(0);
    await move.end("s1");
    await move.toServer();
    expect(server.nodes.get("desk")).toBe("mine");
  });

  it("come back only when all have come, and the machine has taken them", async () => {
    const [server, keeper] = [new Server(), tab({ desk: "mine" })];
    const move = between(server, keeper);
    await expect(move.fromServer()).rejects.toMatchObject({ why: "none" });
    server.nodes.set("desk", "theirs");
    server.at = 70;
    server.broken = "/kept/desk";
    await expect(move.fromServer()).rejects.toMatchObject({ code: "network" });
    server.broken = "";
    keeper.takes = false;
    await expect(move.fromServer()).rejects.toBeInstanceOf(NotMoved);
    expect(keeper.files.desk).toBe("mine");
    expect(move.isOwn(await move.look())).toBe(true);
    keeper.takes = true;
    await move.fromServer();
    expect([keeper.files.desk, move.isOwn(await move.look())]).toEqual(["theirs", false]);
  });
});
