// What a hostile page or link tries: forms of other sites, redirects to them, cookies that could be read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, request } from "./lib/http.mjs";
import { base, code, members, polls, report } from "./lib/site.mjs";

const evil = "https://evil.example";
let checks = 0;
const check = (actual, expected, text) => {
  checks += 1;
  assert.deepEqual(actual, expected, text);
};

async function resident() {
  const client = new Client();
  await client.signIn(members.safety, await code(members.safety));
  return client;
}

test("a form of another site is refused, whichever way the browser says so", async () => {
  const client = await resident();
  const { approval } = await polls();
  const paths = ["/fr/sign-out", "/fr/account/erase", "/fr/sign-in/letter", "/fr/sign-in/email", `/fr/votes/${approval.pollId}/cast`];
  for (const path of paths) {
    for (const headers of [
      { "sec-fetch-site": "cross-site", origin: evil },
      { "sec-fetch-site": "same-site", origin: "http://other.localhost" },
      { "sec-fetch-site": "cross-site", origin: "null" },
    ]) {
      const answer = await send(client, path, headers);
      check(answer.status, 403, `${path} with ${JSON.stringify(headers)}`);
    }
    // Browsers of before 2023, and plain http, say the origin alone.
    for (const origin of [evil, "null", "http://localhost.evil.example"]) {
      const answer = await send(client, path, { "sec-fetch-site": undefined, origin });
      check(answer.status, 403, `${path} from ${origin}`);
    }
  }
  check((await client.follow("/fr/account")).status, 200, "the session is still there");
});

// `form` would set the origin: here it is the attacker's.
async function send(client, path, headers) {
  const all = { "content-type": "application/x-www-form-urlencoded", accept: "text/html", ...headers };
  for (const [name, value] of Object.entries(all)) if (value === undefined) delete all[name];
  all.cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  return request(path, { method: "POST", headers: all, body: "sure=yes&number=1&code=1&email=a%40b.example" });
}

test("what is looked at changes nothing", async () => {
  const client = await resident();
  for (const path of ["/fr/sign-out", "/fr/account/erase?sure=yes"]) await client.follow(path);
  check((await client.send("/fr/account")).status, 200);
});

test("a sign-in leads back to pages of this site alone", async () => {
  const number = String(members.safety);
  for (const back of [evil, "//evil.example", "/\\evil.example", "/%09/evil.example", "/\t/evil.example", "javascript:alert(1)", "\\\\evil.example", "/fr/votes/x/cast"]) {
    const client = new Client();
    const form = [["number", number], ["code", await code(members.safety)], ["return", back]];
    const answer = await client.send("/fr/sign-in/letter", { method: "POST", form });
    check(answer.status, 303, back);
    const target = new URL(answer.headers.location, base);
    check(target.origin, base, back);
    const page = await new Client().send(`/fr/sign-in?return=${encodeURIComponent(back)}`);
    check(/href="(https?:|\/\/|\/\\|javascript:)[^"]*evil/.test(page.text), false, back);
  }
});

test("the cookie of a session cannot be read, sent by other sites, or kept", async () => {
  const client = new Client();
  const form = [["number", String(members.safety)], ["code", await code(members.safety)]];
  const answer = await client.send("/fr/sign-in/letter", { method: "POST", form });
  const cookies = answer.headers["set-cookie"];
  check(cookies.length, 1, "one cookie and no other");
  const attributes = cookies[0].split("; ").slice(1);
  for (const wanted of ["HttpOnly", "SameSite=Lax", "Path=/"]) check(attributes.includes(wanted), true, wanted);
  check(answer.headers["cache-control"].includes("no-store"), true);
  const [name, value] = cookies[0].split(";")[0].split("=");
  check(value.includes("."), false, "no token that a log could leak");
  const left = await client.follow("/fr/sign-out", { method: "POST", form: [] });
  check(left.status, 200);
  check(client.cookies.size, 0, "signing out takes it away");
  // Whoever has copied it has nothing.
  const copied = await request("/fr/account", { headers: { cookie: `${name}=${value}` } });
  check(copied.status, 303, "the session itself is over");
});

test("visitors get no cookie, and every page says what it may do", async () => {
  for (const path of ["/fr", "/en/processes", "/fr/votes", "/fr/sign-in/letter", "/fr/no-such-page", "/fr/search?q=%3Cscript%3E"]) {
    const { headers, text } = await request(path, { headers: { accept: "text/html" } });
    check(headers["set-cookie"], undefined, path);
    const policy = headers["content-security-policy"] ?? "";
    check(policy.includes("default-src 'none'") && !policy.includes("unsafe"), true, path);
    for (const part of ["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]) check(policy.includes(part), true, `${path}: ${part}`);
    check(headers["x-content-type-options"], "nosniff", path);
    check(headers["referrer-policy"], "same-origin", path);
    check(text.includes("<script>"), false, path);
  }
});

test("nobody's page is kept for others", async () => {
  const client = await resident();
  for (const path of ["/fr", "/fr/votes", "/fr/account"]) {
    const { headers } = await client.send(path);
    check(headers["cache-control"].includes("no-store"), true, path);
  }
  const { headers } = await request("/fr", { headers: { accept: "text/html" } });
  check(headers["cache-control"].includes("public"), true);
});

test("a ballot is cast without who casts it", async () => {
  const client = await resident();
  const { approval } = await polls();
  const path = `/fr/votes/${approval.pollId}`;
  const page = await client.send(path);
  const permit = /name="permit" value="([^"]+)"/.exec(page.text)[1];
  const secret = /name="secret" value="([^"]+)"/.exec(page.text)[1];
  const form = [["permit", permit], ["secret", secret], ["choice", approval.options[0].optionId]];
  // No cookie comes along, and what comes along is not looked at.
  const stranger = new Client();
  const receipt = await stranger.send(`${path}/cast`, { method: "POST", form });
  check(receipt.status, 303, "a cast leads to its receipt");
  const broken = new Client();
  broken.cookies.set("session", "nonsense");
  const again = await broken.send(`${path}/cast`, { method: "POST", form });
  check(again.status, 303);
  check(again.headers["set-cookie"], undefined, "the session is not even opened");
  check(new RegExp(`^${path}/receipt\\?code=`).test(receipt.headers.location), true, "by its tracking code alone");
  check(again.headers.location, receipt.headers.location, "sent twice, it counts once");
  report(`safety: ${checks} checks`);
});
