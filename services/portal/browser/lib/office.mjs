// A city of its own, in which nothing is yet but its first administrator; and the pages of its office.
import http from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { base, data, desk, mailedCode } from "./site.mjs";

const { port } = new URL(base);

// Chromium finds every name under localhost; Node does not, so that the name goes into the header.
function call(host, path, token, body) {
  const text = JSON.stringify(body);
  const headers = { host: `${host}:${port}`, "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  if (token) headers.authorization = `Bearer ${token}`;
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: "127.0.0.1", port, path: `/v1/${path}`, method: "POST", headers }, (answer) => {
      let got = "";
      answer.on("data", (chunk) => (got += chunk));
      answer.on("end", () => (answer.statusCode < 300 ? resolve(JSON.parse(got)) : reject(new Error(`${path}: ${answer.statusCode} ${got}`))));
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

// Where the administrator can sign in. What the operator of an installation does, and nobody else.
export async function emptyCity(domain) {
  const { operator_key: operatorKey } = JSON.parse(await readFile(join(data, "secrets.json"), "utf8"));
  const name = `city-${randomUUID().slice(0, 8)}`;
  const host = `${name}.localhost`;
  const { session } = await call("localhost", "sessions:signInOperator", null, { operatorKey });
  const token = session.accessToken;
  await call("localhost", "organizations", token, { displayName: "Ville de Montfleury", hostNames: [host], timeZone: "Europe/Paris" });
  domain ??= `${name}.example`;
  const administrator = `amelie@${domain}`;
  await call(host, "staff", token, { email: administrator, displayName: "Amélie Roux", roles: ["ROLE_ADMINISTRATOR"] });
  return { base: `http://${host}:${port}`, administrator, name, domain };
}

// Somebody of the team at their browser. `complaints` has what a page must not do.
export async function officer(browser, city, { viewport = desk, language = "fr", dark = false } = {}) {
  const context = await browser.newContext({
    baseURL: city.base,
    viewport,
    locale: language,
    javaScriptEnabled: true,
    acceptDownloads: true,
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const complaints = [];
  context.on("weberror", (error) => complaints.push(`exception on ${error.page()?.url()}: ${error.error()}`));
  context.on("response", (response) => {
    if (response.status() >= 500) complaints.push(`${response.status()} ${response.url()}`);
  });
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== city.base) complaints.push(`elsewhere: ${url}`);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const at = (path) => `/${language}/office${path}`;
  return { context, page, complaints, language, at, go: (path) => page.goto(at(path)), close: () => context.close() };
}

export const send = (page) => page.click("main form button[type=submit].button:not(.quiet)");

// Signs in as people do: the office leads to the sign-in and back.
export async function enter(visit, email) {
  const { page } = visit;
  await visit.go("");
  await page.goto(page.url().replace("/sign-in?", "/sign-in/email?"));
  await page.fill("#email", email);
  await send(page);
  await page.fill("#code", await mailedCode(email));
  await send(page);
}

// The least that every page needs: an area, a process, a roll with a member.
export async function furnish({ page, go }) {
  await go("/areas/new");
  await page.fill("#title", "Centre-ville");
  await page.fill("#code", "centre");
  await send(page);
  await go("/processes/new");
  await page.fill("#title", "Budget participatif 2027");
  await page.fill("#first", "2027-01-04");
  await send(page);
  await go("/rolls/new");
  await page.fill("#title", "Habitants 2027");
  await send(page);
  const file = "member_number;district;birth_date;email\n0001;centre;1980-02-28;a@exemple.fr\n0002;centre;;\n";
  await page.setInputFiles("#file", { name: "liste.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await send(page);
  await page.click("main form[action$='/load'] button");
  await go("/associations/new");
  await page.fill("#name", "Les Amis du parc");
  await send(page);
}

// A page of the office in every kind and state, by its name, after the city has been set up.
export async function places({ page, at }) {
  const first = async (list) => {
    await page.goto(at(list));
    return new URL(await page.locator("main table a").first().evaluate((link) => link.href)).pathname.split("/office")[1];
  };
  const [process, roll, association] = [await first("/processes"), await first("/rolls"), await first("/associations")];
  await page.goto(at("/staff"));
  const person = new URL(await page.locator("main table a").first().evaluate((link) => link.href)).pathname.split("/office")[1];
  const go = (path) => async (visit) => {
    await visit.go(path);
  };
  const wrong = (path) => async (visit) => {
    await visit.go(path);
    await send(visit.page);
  };
  const file = (path, text) => async (visit) => {
    await visit.go(path);
    await visit.page.setInputFiles("#file", { name: "liste.csv", mimeType: "text/csv", buffer: Buffer.from(text, "latin1") });
    await send(visit.page);
  };
  const found = (act) => async (visit) => {
    await visit.go(`${roll}/members`);
    await visit.page.fill("#text", "0001");
    await send(visit.page);
    if (act) await visit.page.click(`main form[action$="/members/${act}"] button`);
  };
  return {
    "office-home": go(""),
    "office-me": go("/me"),
    "office-desk": go("/desk"),
    "office-desk-new": go("/desk/new"),
    "office-preview": go(`${process}/preview`),
    "office-hosts": go("/organization/hosts"),
    "office-hosts-wrong": wrong("/organization/hosts"),
    "office-organization": go("/organization"),
    "office-profile": go("/organization/profile"),
    "office-colour": go("/organization/colour"),
    "office-colour-wrong": async (visit) => {
      await visit.go("/organization/colour");
      await visit.page.fill("#colour", "#ffe000");
      await send(visit.page);
    },
    "office-text": go("/organization/texts/terms"),
    "office-staff": go("/staff"),
    "office-staff-new": go("/staff/new"),
    "office-staff-wrong": wrong("/staff/new"),
    "office-staff-roles": go(person),
    "office-staff-remove": go(`${person}/remove`),
    "office-log": go("/log"),
    "office-log-filtered": go("/log?q=nothing-has-this"),
    "office-areas": go("/areas"),
    "office-areas-new": go("/areas/new"),
    "office-areas-file": go("/areas/file"),
    "office-areas-preview": file("/areas/file", "code;nom\nport;Le Port\nparc;Le Parc\n"),
    "office-areas-map": file("/areas/file", JSON.stringify({
      type: "FeatureCollection",
      features: [{
        properties: { code: "centre", nom: "Centre" },
        geometry: { type: "Polygon", coordinates: [[[4.8, 45.7], [4.9, 45.7], [4.9, 45.8], [4.8, 45.7]]] },
      }],
    })),
    "office-areas-wrong": file("/areas/file", "code;nom\nport;Le Port\nport;Le Parc\n\xe9;Nord\n"),
    "office-areas-remove": go("/areas/remove/centre"),
    "office-processes": go("/processes"),
    "office-process-new": go("/processes/new"),
    "office-process-wrong": wrong("/processes/new"),
    "office-process": go(process),
    "office-process-text": go(`${process}/text`),
    "office-files": go(`${process}/files`),
    "office-files-wrong": wrong(`${process}/files/new`),
    "office-phases": go(`${process}/phases`),
    "office-phases-check": wrong(`${process}/phases`),
    "office-phases-wrong": async (visit) => {
      await visit.go(`${process}/phases`);
      await visit.page.fill("#last-0", "2020-01-01");
      await send(visit.page);
    },
    "office-rolls": go("/rolls"),
    "office-roll-new": go("/rolls/new"),
    "office-roll": go(roll),
    "office-roll-file": go(`${roll}/file`),
    "office-roll-bad": file(`${roll}/file`, "member_number;birth_date\n1;28/02/1980\n1;1980-02-28\n"),
    "office-roll-encoding": file(`${roll}/file`, "member_number\n\xc9-1\n"),
    "office-roll-preview": file(`${roll}/file`, "member_number;district\n0001;centre\n0003;quais\n"),
    "office-members": go(`${roll}/members`),
    "office-member": found(),
    "office-member-change": found("change"),
    "office-member-replace": found("replace"),
    "office-member-erase": found("erase"),
    "office-letters": go(`${roll}/file/letters`),
    "office-letters-wrong": file(`${roll}/file/letters`, "numero;nom\n;A\n0001;B\n0001;C\n"),
    "office-letters-preview": file(`${roll}/file/letters`, "numero;nom;rue\n0001;A;1, rue B\nX-9;C;\n"),
    "office-codes": go(`${roll}/codes`),
    "office-roll-copy": go(`${roll}/copy`),
    "office-replacements": go("/rolls/replacements"),
    "office-residents": go("/residents"),
    "office-residents-all": go("/residents?show=all"),
    "office-associations": go("/associations"),
    "office-association-new": go("/associations/new"),
    "office-association-wrong": wrong("/associations/new"),
    "office-association": go(association),
    "office-association-name": go(`${association}/name`),
    "office-association-delete": go(`${association}/delete`),
  };
}
