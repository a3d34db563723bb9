import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisProcess, startRedisProcess } from "@lethe/test-kit/redis-process";
import { keysOf } from "@lethe/test-kit/test-place";
import { Queue, Worker } from "bullmq";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { checkRedis, requireRedis } from "./check-redis.js";
import { connectRedis } from "./redis.js";

const PREFIX = "checked";

let redis: RedisProcess;
beforeAll(async () => {
  redis = await startRedisProcess();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.admin.call("REPLICAOF", "NO", "ONE");
  await redis.admin.config("SET", "maxmemory", "0", "maxmemory-policy", "noeviction", "appendonly", "yes");
  await redis.admin.acl("DELUSER", "few");
});

/** The URL of the test's own server with something else in it. */
function urlOf({ user, database = "" }: { readonly user?: string; readonly database?: string } = {}): string {
  const { password, port } = redis;
  return `redis://${user ?? `:${password}`}@127.0.0.1:${port}${database}`;
}

async function codesOf(url: string): Promise<string[]> {
  const { findings } = await checkRedis({ url }, PREFIX);
  for (const { message } of findings) {
    expect(message).toMatch(/^Redis at \S+ \(REDIS_URL\) .{20,}: .{8,}/);
    expect(message).not.toContain(redis.password);
  }
  return findings.map(({ code, kind }) => `${kind}: ${code}`);
}

async function sentenceOf(url: string): Promise<string> {
  const { findings } = await checkRedis({ url }, PREFIX);
  return findings.map(({ message }) => message).join("\n");
}

async function allow(...rules: string[]): Promise<string> {
  await redis.admin.acl("SETUSER", "few", "reset", "on", ">a-secret", ...rules);
  return urlOf({ user: "few:a-secret" });
}

/** Returns the port of a server that does with each connection what it is told. */
async function listen(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("a Redis that is well set up", () => {
  it("has nothing against it, and is named", async () => {
    const report = await checkRedis({ url: urlOf() }, PREFIX);
    expect(report).toEqual({ server: expect.stringMatching(/^(Redis|Valkey) \d+\./), mayAskInfo: true, findings: [] });
    expect(await keysOf(redis.admin, PREFIX)).toEqual([]);
    expect(await requireRedis({ url: urlOf() }, PREFIX)).toEqual(report);
  });

  it("may be reached by another database, by localhost and by IPv6", async () => {
    expect(await codesOf(urlOf({ database: "/3" }))).toEqual([]);
    const both = await startRedisProcess("--bind", "127.0.0.1", "::1");
    onTestFinished(() => both.stop());
    expect(await codesOf(`redis://:${both.password}@[::1]:${both.port}`)).toEqual([]);
    expect(await codesOf(`redis://:${both.password}@localhost:${both.port}`)).toEqual([]);
  });

  it("may be reached by a socket, in a folder with a blank and an umlaut", async () => {
    const folder = await mkdtemp(join(tmpdir(), "läthe s"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const socket = await startRedisProcess("--unixsocket", join(folder, "r.sock"));
    onTestFinished(() => socket.stop());
    const url = `unix://:${socket.password}@${folder}/r.sock?db=2`;
    expect(await codesOf(url)).toEqual([]);
    const connected = connectRedis(url);
    await connected.set("kept", "here");
    connected.disconnect();
    await socket.admin.select(2);
    expect(await socket.admin.get("kept")).toBe("here");
  });

  it("may forbid its user whatever queues do not need", async () => {
    expect(
      await codesOf(await allow(`~${PREFIX}:*`, "+@all", "-@admin", "-@dangerous", "+info", "+client|list")),
    ).toEqual([]);
    // As hosted servers do it.
    const url = await allow(`~${PREFIX}:*`, "+@all", "-@admin", "-@dangerous", "-client", "-config");
    expect(await checkRedis({ url }, PREFIX)).toEqual({ server: undefined, mayAskInfo: false, findings: [] });
    const own = connectRedis({ url }, { mayAskInfo: false });
    onTestFinished(() => own.disconnect());
    const queue = new Queue("load", { connection: own, prefix: PREFIX });
    const worker = new Worker("load", async () => "done", { connection: own, prefix: PREFIX });
    const done = new Promise((resolve) => worker.on("completed", (_job, result) => resolve(result)));
    await queue.add("load", {}, { delay: 5 });
    expect(await done).toBe("done");
    await worker.close();
    await queue.obliterate({ force: true });
    await queue.close();
  });
});

describe("a Redis that cannot be written", () => {
  it("is a replica", async () => {
    await redis.admin.call("REPLICAOF", "127.0.0.1", "1");
    expect(await codesOf(urlOf())).toEqual(["waits: redis_read_only"]);
    expect(await sentenceOf(urlOf())).toContain("is a replica of 127.0.0.1:1 that takes no writes (role:slave)");
    await expect(requireRedis({ url: urlOf() }, PREFIX)).rejects.toMatchObject({ code: "redis_read_only" });
    // Also where its user may not ask what it is.
    expect(await codesOf(await allow("~*", "+@all", "-info"))).toEqual(["waits: redis_read_only"]);
  });

  it("has reached its maxmemory", async () => {
    await redis.admin.config("SET", "maxmemory", "500000");
    expect(await codesOf(urlOf())).toEqual(["waits: redis_out_of_memory"]);
    expect(await sentenceOf(urlOf())).toMatch(/maxmemory \(\d{6,} of 500000 bytes are used\)/);
    expect(await codesOf(await allow("~*", "+@all", "-info", "-config"))).toEqual(["waits: redis_out_of_memory"]);
  });

  it("asks for replicas that it does not have", async () => {
    await redis.admin.config("SET", "min-replicas-to-write", "1");
    onTestFinished(() => void redis.admin.config("SET", "min-replicas-to-write", "0"));
    expect(await codesOf(urlOf())).toEqual(["waits: redis_lacks_replicas"]);
  });

  it("could not save its last snapshot", async () => {
    const broken = await startRedisProcess("--save", "1 1", "--appendonly", "no", "--dir", "{folder}");
    onTestFinished(() => broken.stop());
    await broken.admin.set("a", "1");
    await rm(broken.folder, { recursive: true });
    await broken.admin.bgsave();
    await expect.poll(() => broken.admin.info("persistence")).toContain("rdb_last_bgsave_status:err");
    expect(await codesOf(broken.url)).toEqual(["waits: redis_cannot_save"]);
  });

  it("does not answer at all", async () => {
    expect(await codesOf("redis://127.0.0.1:1")).toEqual(["waits: redis_unreachable"]);
    expect(await codesOf("redis://no-such-host.invalid")).toEqual(["waits: redis_unreachable"]);
    expect(await codesOf("unix:///no/such/redis.sock")).toEqual(["waits: redis_unreachable"]);
    const port = await listen(() => undefined);
    const { findings } = await checkRedis({ url: `redis://127.0.0.1:${port}` }, PREFIX, 300);
    expect(findings).toMatchObject([{ kind: "waits", code: "redis_unreachable" }]);
  });
});

describe("a Redis that Lethe cannot work with", () => {
  it.each([
    ["no right to some commands", [`~${PREFIX}:*`, "+@all", "-xadd", "-zadd"], "the commands ZADD, XADD,"],
    ["no right to scripts", ["~*", "+@all", "-eval"], "the command EVAL,"],
    ["no right to scripts by hash", ["~*", "+@all", "-evalsha"], "the command EVALSHA,"],
    ["no right to transactions", ["~*", "+@all", "-multi"], "the command MULTI,"],
    ["no right to wait for a job", ["~*", "+@all", "-bzpopmin"], "the command BZPOPMIN,"],
    ["no right to write", ["~*", "+@read", "+@scripting", "+@transaction", "+@connection"], "the commands SET, "],
    ["other keys", ["~other:*", "+@all"], `the keys ${PREFIX}:*`],
    ["no key at all", ["+@all"], `the keys ${PREFIX}:*`],
  ])("gives its user %s", async (_what, rules, named) => {
    const url = await allow(...rules);
    expect(await codesOf(url)).toEqual(["refused: redis_forbidden"]);
    expect(await sentenceOf(url)).toContain(`does not allow its user ${named}`);
    expect(await sentenceOf(url)).toContain(`ACL SETUSER <user> ~${PREFIX}:*`);
    await expect(requireRedis({ url }, PREFIX)).rejects.toMatchObject({ code: "configuration_invalid" });
  });

  it("gives its user no right to anything", async () => {
    expect(await codesOf(await allow())).toEqual(["refused: redis_forbidden"]);
  });

  it.each([
    ["no password", "127.0.0.1", "redis_password_missing"],
    ["a wrong password", ":not-this-one@127.0.0.1", "redis_password_wrong"],
    ["an unknown user", "nobody:not-this-one@127.0.0.1", "redis_password_wrong"],
  ])("asks for a password and gets %s", async (_what, place, code) => {
    const url = `redis://${place}:${redis.port}`;
    expect(await codesOf(url)).toEqual([`refused: ${code}`]);
    expect(await sentenceOf(url)).not.toContain("not-this-one");
  });

  it("has no database of that number", async () => {
    expect(await codesOf(urlOf({ database: "/99" }))).toEqual(["refused: redis_no_database"]);
  });

  it("is a node of a cluster", async () => {
    const node = await startRedisProcess("--cluster-enabled", "yes");
    onTestFinished(() => node.stop());
    expect(await codesOf(node.url)).toEqual(["refused: redis_cluster"]);
    await node.admin.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await expect.poll(() => codesOf(node.url)).toEqual(["refused: redis_cluster"]);
  });

  it("is no Redis", async () => {
    const port = await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await codesOf(`redis://127.0.0.1:${port}`)).toEqual(["refused: redis_no_redis"]);
  });
});

describe("a Redis that somebody should know about", () => {
  it.each(["allkeys-lru", "allkeys-random", "volatile-ttl"])("has the policy %s", async (policy) => {
    await redis.admin.config("SET", "maxmemory-policy", policy);
    expect(await codesOf(urlOf())).toEqual(["warning: redis_evicts"]);
    expect((await requireRedis({ url: urlOf() }, PREFIX)).findings[0]?.message).toContain(`maxmemory-policy ${policy}`);
  });

  it("keeps nothing on disk", async () => {
    await redis.admin.config("SET", "appendonly", "no");
    expect(await codesOf(urlOf())).toEqual(["warning: redis_forgets"]);
    await redis.admin.config("SET", "save", "60 1");
    expect(await codesOf(urlOf())).toEqual([]);
    await redis.admin.config("SET", "save", "");
  });

  it("is nearly full", async () => {
    const used = Number(/used_memory:(\d+)/.exec(await redis.admin.info("memory"))?.[1]);
    await redis.admin.config("SET", "maxmemory", String(Math.round(used * 1.08)));
    expect(await codesOf(urlOf())).toEqual(["warning: redis_nearly_full"]);
  });
});

describe("TLS", () => {
  let folder: string;
  let encrypted: RedisProcess;
  let ca: string;
  const run = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lethe-tls-"));
    const made = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
    run("req", "-x509", ...made, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Somebody’s own authority");
    for (const [name, subject] of [
      ["server", "subjectAltName=IP:127.0.0.1"],
      ["client", "extendedKeyUsage=clientAuth"],
    ] as const) {
      run("req", ...made, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`, "-addext", subject);
      run("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-copy_extensions", "copy", "-out", `${name}.pem`); // biome-ignore format: as it is typed
    }
    const file = (name: string) => join(folder, name);
    encrypted = await startRedisProcess(
      ...[
        "--tls-cert-file",
        file("server.pem"),
        "--tls-key-file",
        file("server.key"),
        "--tls-ca-cert-file",
        file("ca.pem"),
      ],
      ...["--tls-port", "{port}", "--port", "0", "--tls-auth-clients", "no"],
    );
    ca = await readFile(file("ca.pem"), "utf8");
  });
  afterAll(async () => {
    await encrypted.stop();
    await rm(folder, { recursive: true });
  });
  const tlsUrl = () => `rediss://:${encrypted.password}@127.0.0.1:${encrypted.port}`;

  it("works with an authority of one's own", async () => {
    expect((await checkRedis({ url: tlsUrl(), ca }, PREFIX)).findings).toEqual([]);
    const connected = connectRedis({ url: tlsUrl(), ca });
    expect(await connected.ping()).toBe("PONG");
    connected.disconnect();
  });

  it("is not trusted without that", async () => {
    expect(await codesOf(tlsUrl())).toEqual(["refused: redis_not_trusted"]);
    expect(await sentenceOf(tlsUrl())).toContain("LETHE_REDIS_CA_FILE");
  });

  it("is not trusted under another name", async () => {
    const { findings } = await checkRedis({ url: tlsUrl().replace("127.0.0.1", "localhost"), ca }, PREFIX);
    expect(findings).toMatchObject([{ code: "redis_not_trusted", message: expect.stringContaining("another name") }]);
  });

  it("says which of the two is spoken at the port", async () => {
    expect(await codesOf(tlsUrl().replace("rediss:", "redis:"))).toEqual(["refused: redis_encrypted"]);
    const { findings } = await checkRedis({ url: urlOf().replace("redis:", "rediss:") }, PREFIX, 500);
    expect(findings).toMatchObject([{ kind: "refused", code: "redis_not_encrypted" }]);
  });

  it("shows a certificate to a server that asks for one", async () => {
    const file = (name: string) => join(folder, name);
    const strict = await startRedisProcess(
      ...[
        "--tls-cert-file",
        file("server.pem"),
        "--tls-key-file",
        file("server.key"),
        "--tls-ca-cert-file",
        file("ca.pem"),
      ],
      ...["--tls-port", "{port}", "--port", "0"],
    );
    onTestFinished(() => strict.stop());
    const url = `rediss://:${strict.password}@127.0.0.1:${strict.port}`;
    const certificate = await readFile(file("client.pem"), "utf8");
    const key = await readFile(file("client.key"), "utf8");
    expect((await checkRedis({ url, ca, certificate, key }, PREFIX)).findings).toEqual([]);
    expect((await checkRedis({ url, ca }, PREFIX)).findings).toMatchObject([{ code: "redis_certificate_missing" }]);
  });
});
