// Requests as a browser without script sends them: cookies are kept, redirects followed one by one, bytes counted as they
// come over the wire.
import http from "node:http";
import zlib from "node:zlib";
import { base } from "./site.mjs";

const origin = new URL(base);
const provider = process.env.COMITIA_ISSUER && new URL(process.env.COMITIA_ISSUER).origin;
const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

export function request(path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const sent = http.request(
      { agent, host: origin.hostname, port: origin.port, path, method, headers: { host: origin.host, ...headers } },
      (answer) => {
        const chunks = [];
        answer.on("data", (chunk) => chunks.push(chunk));
        answer.on("end", () => {
          const wire = Buffer.concat(chunks);
          const coding = answer.headers["content-encoding"];
          const bytes = { br: zlib.brotliDecompressSync, gzip: zlib.gunzipSync }[coding]?.(wire) ?? wire;
          resolve({ status: answer.statusCode, headers: answer.headers, weight: wire.length, text: bytes.toString() });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

function inParts(form) {
  const data = new FormData();
  for (const [name, value] of form) {
    if (name === "file") data.append(name, new Blob([]), "");
    else data.append(name, value);
  }
  return data;
}

export class Client {
  cookies = new Map();

  // `parts`: whether the form is sent in parts, as one with a file is; a file that nobody has chosen is empty.
  async send(path, { method = "GET", form, parts = false, headers = {} } = {}) {
    const all = { "accept-encoding": "br, gzip", accept: "text/html", "sec-fetch-site": "same-origin", ...headers };
    if (this.cookies.size) all.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    let body;
    if (form) {
      const sent = new Response(parts ? inParts(form) : new URLSearchParams(form));
      body = Buffer.from(await sent.arrayBuffer());
      all["content-type"] = sent.headers.get("content-type");
      all["content-length"] = body.length;
      all.origin = origin.origin;
    }
    const answer = await request(path, { method, headers: all, body });
    for (const cookie of answer.headers["set-cookie"] ?? []) {
      const [pair, ...attributes] = cookie.split(";").map((part) => part.trim());
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      if (attributes.some((attribute) => attribute.toLowerCase() === "max-age=0")) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  // Follows redirects, which all have to stay on this site.
  async follow(path, options) {
    let answer = await this.send(path, options);
    const way = [path];
    while ([301, 302, 303, 307, 308].includes(answer.status)) {
      const next = new URL(answer.headers.location, base + way.at(-1));
      // A way to sign leads to the provider, which is not ours to look at.
      if (next.origin === provider) return { ...answer, path: way.at(-1), way };
      if (next.origin !== origin.origin) throw new Error(`${path} redirects to ${next}`);
      way.push(next.pathname + next.search);
      if (way.length > 6) throw new Error(`redirects without end: ${way.join(" → ")}`);
      answer = await this.send(way.at(-1));
    }
    return { ...answer, path: way.at(-1), way };
  }

  async signIn(number, accessCode) {
    const answer = await this.send("/fr/sign-in/letter", { method: "POST", form: [["number", number], ["code", accessCode]] });
    if (answer.status !== 303 || !this.cookies.size) throw new Error(`member ${number} cannot sign in: ${answer.status}`);
  }
}
