// The team sets a city up: from nothing to a published process with areas and a roll, by pages alone.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch, overflow, quiet, tick } from "./lib/browser.mjs";
import { emptyCity, enter, officer, places, send } from "./lib/office.mjs";
import { desk, phone, report } from "./lib/site.mjs";

const everything = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
let browser;
let city;
let axeSource;
const figures = { pages: 0, violations: 0 };
before(async () => {
  browser = await launch();
  city = await emptyCity();
  axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
});
after(async () => {
  await browser.close();
  report(`office: ${figures.pages} pages looked at, ${figures.violations} violations of axe`);
});

const shows = async (page, text) => assert.ok((await page.locator("body").innerText()).replace(/[\u00a0\u202f]/g, " ").includes(text), `${text} is not on ${page.url()}`);
const csv = (text, encoding = "utf8") => ({ name: "liste.csv", mimeType: "text/csv", buffer: Buffer.from(text, encoding) });
const sure = (page) => tick(page.locator("#sure"));

async function inspect(page, name) {
  await page.evaluate(axeSource);
  const result = await page.evaluate((runOnly) => axe.run(document, { runOnly, resultTypes: ["violations"] }), everything);
  figures.pages += 1;
  const found = [];
  for (const { id, nodes } of result.violations) {
    figures.violations += nodes.length;
    for (const node of nodes.slice(0, 3)) found.push(`${name}: ${id}: ${node.html.slice(0, 200)}`);
  }
  return found;
}

async function describeOrganization(visit) {
  const { page } = visit;
  await visit.go("/organization/profile");
  await page.fill("#contact", "participer@montfleury.example");
  await page.fill("#country", "fr");
  await send(page);
  await shows(page, "Vos modifications sont enregistrées");
  await visit.go("/organization/colour");
  await page.fill("#colour", "#ffe000");
  await send(page);
  const shade = /convient est (#[0-9a-f]{6})/.exec(await page.locator("main").innerText())[1];
  await page.fill("#colour", shade);
  await send(page);
  await shows(page, shade);
  await visit.go("/organization/texts/terms");
  await page.fill("#body-fr", "## Règles\n\nToute personne habitant la ville peut participer.");
  await send(page);
  await page.goto(`${city.base}/fr/legal/terms`);
  await shows(page, "Toute personne habitant la ville");
}

async function invite(visit) {
  const { page } = visit;
  const people = [["Bilal Haddad", "bilal", 0], ["Chloé Petit", "chloe", 1], ["David Morel", "david", 2], ["Emma Blanc", "emma", 3]];
  for (const [name, address, role] of people) {
    await visit.go("/staff/new");
    await page.fill("#name", name);
    await page.fill("#email", `${address}@${city.name}.example`);
    await tick(page.locator("input[name=roles]").nth(role));
    await send(page);
    await shows(page, "fait partie de l’équipe");
  }
}

async function drawAreas(visit) {
  const { page } = visit;
  await visit.go("/areas");
  await shows(page, "Aucun quartier pour l’instant");
  await visit.go("/areas/new");
  await page.fill("#title", "Centre-ville");
  await page.fill("#code", "centre");
  await send(page);
  await visit.go("/areas/file");
  await page.setInputFiles("#file", csv("code;nom;fait partie de\r\nquais;Les Quais;centre\r\ngare;Gare & Écluse;\r\n", "latin1"));
  await send(page);
  await shows(page, "Rien n’est encore créé");
  await shows(page, "Gare & Écluse");
  await send(page);
  await shows(page, "3 quartiers");
}

async function beginProcess(visit) {
  const { page } = visit;
  await visit.go("/processes/new");
  await page.fill("#title", "Budget participatif 2027");
  await page.fill("#first", "2027-01-04");
  await page.fill("#description", "Un million d’euros pour vos idées.");
  await send(page);
  await shows(page, "La démarche est créée");
  const path = new URL(page.url()).pathname;
  await page.goto(`${path}/phases`);
  // A gap of two days is shown before it is saved, and so is an overlap.
  await page.fill("#last-0", "2027-02-01");
  await send(page);
  await shows(page, "commence avant la fin");
  await page.fill("#last-0", "2027-01-15");
  await send(page);
  await shows(page, "rien n’est ouvert pendant 2 jours");
  await page.click("main button[value=save]");
  await shows(page, "Vos modifications sont enregistrées");
  await page.goto(`${path}/publish`);
  await send(page);
  await shows(page, "Cochez la case");
  await sure(page);
  await send(page);
  await shows(page, "Tout le monde la voit");
}

async function loadRoll(visit) {
  const { page } = visit;
  await visit.go("/rolls/new");
  await page.fill("#title", "Habitants 2027");
  await send(page);
  const file = "member_number;district;birth_date;email\r\n0001;centre;1980-02-28;\r\n0002;quais;1991-12-01;b@exemple.fr\r\nÉ-3;gare;;\r\n";
  await page.setInputFiles("#file", csv(file, "latin1"));
  await send(page);
  await shows(page, "n’est pas en UTF-8");
  await page.selectOption("#encoding", "windows-1252");
  await page.setInputFiles("#file", csv(file, "latin1"));
  await send(page);
  await shows(page, "Rien n’est encore fait");
  await shows(page, "É-3");
  await shows(page, "windows-1252");
  await page.click("main form[action$='/load'] button");
  await shows(page, "Le fichier est chargé");
  const roll = new URL(page.url()).pathname;
  await page.goto(`${roll}/codes`);
  await sure(page);
  await send(page);
  await shows(page, "3 codes sont créés");
  const download = page.waitForEvent("download");
  await page.click("main form[action$='/codes/file'] button");
  const letters = await readFile(await (await download).path(), "utf8");
  assert.match(letters, /^\ufeff"member_number";"access_code"\r\n(?:"[^"]+";"[0-9A-Z-]{19}"\r\n){3}$/u);
  return { roll, letters };
}

async function mendMember(visit, roll) {
  const { page } = visit;
  await page.goto(`${roll}/members`);
  await page.fill("#text", "B@exemple.fr");
  await send(page);
  await shows(page, "1 personne trouvée");
  await page.click("main form[action$='/members/change'] button");
  await page.selectOption("#district", "gare");
  await send(page);
  await shows(page, "Le membre est corrigé");
  await page.goto(`${roll}/members`);
  await page.fill("#text", "0002");
  await send(page);
  await page.click("main form[action$='/members/replace'] button");
  await sure(page);
  await send(page);
  await shows(page, "Le remplacement est demandé");
}

// A photo as a camera makes it, drawn by the browser.
const drawn = (page) =>
  page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1200, height: 800 });
    const context = canvas.getContext("2d");
    context.fillStyle = "#225588";
    context.fillRect(0, 0, 1200, 800);
    return canvas.toDataURL("image/jpeg").split(",")[1];
  });

async function addFiles(visit) {
  const { page } = visit;
  await visit.go("/processes");
  await page.click("main table a");
  await page.click("main a[href$='/files']");
  await shows(page, "Ajoutez une photo du lieu");
  const files = new URL(page.url()).pathname;
  const choose = async (kind, name, buffer) => {
    if (!page.url().endsWith("/new")) await page.goto(`${files}/new`);
    await tick(page.locator(`input[name=kind][value=${kind}]`));
    await page.fill("#title", name);
    await page.setInputFiles("#file", { name: "IMG_0001.JPG", mimeType: "image/jpeg", buffer });
    await send(page);
  };
  await page.goto(`${files}/new`);
  await page.fill("#alternative_text", "Le quai sans arbres");
  await choose("photo", "Le quai", Buffer.from("\x7fELF\x02\x01\x01"));
  await shows(page, "n’est pas une photo en JPEG");
  assert.equal(await page.inputValue("#alternative_text"), "Le quai sans arbres");
  await choose("photo", "Le quai", Buffer.from(await drawn(page), "base64"));
  await shows(page, "Le fichier est ajouté");
  await choose("document", "Règlement", Buffer.from("%PDF-1.4\ntrailer<<>>\n%%EOF\n"));
  await shows(page, "Règlement");
  await choose("document", "De trop", Buffer.from("%PDF-1.4\ntrailer<<>>\n%%EOF\n"));
  await page.click("main table tr:last-child a[href$='/remove']");
  await sure(page);
  await send(page);
  await shows(page, "Le fichier est supprimé");

  // On the site the photo is there, the right size, and the document is saved.
  await page.goto(files.replace("/office", "").replace(/\/files$/, ""));
  const photo = page.locator("figure img");
  await photo.scrollIntoViewIfNeeded();
  await photo.evaluate((image) => image.decode());
  assert.ok((await photo.evaluate((image) => image.naturalWidth)) >= 480);
  assert.equal(await photo.getAttribute("alt"), "Le quai sans arbres");
  await shows(page, "Règlement (PDF, 1 ko)");
  assert.equal(await page.locator("text=De trop").count(), 0);
  const download = page.waitForEvent("download");
  await page.click("main .files a");
  assert.equal((await download).suggestedFilename(), "Règlement.pdf");
}

// A copy of the roll; associations.
async function copyRoll(visit, roll) {
  const { page } = visit;
  await page.goto(`${roll}/copy`);
  await sure(page);
  const download = page.waitForEvent("download");
  await send(page);
  const copy = await readFile(await (await download).path(), "utf8");
  assert.match(copy, /member_number/);
  assert.match(copy, /0002/);
  await page.goto(roll);
  await shows(page, "Copie de la liste téléchargée");
}

async function verifyAssociation(visit) {
  const { page } = visit;
  await visit.go("/associations");
  await shows(page, "Aucune association pour l’instant");
  await page.click("main a.button");
  await page.fill("#name", "@");
  await send(page);
  await shows(page, "de 2 à 60 caractères");
  await page.fill("#name", "Les Amis du parc");
  await send(page);
  await shows(page, "L’association est ajoutée");
  for (const address of ["zoe", "ali"]) {
    await page.fill("#email", `${address}@parc.example`);
    await send(page);
    await shows(page, `${address}@parc.example`);
  }
  await page.click("main table a >> nth=0");
  await sure(page);
  await send(page);
  await shows(page, "L’adresse est retirée");
  await page.click("main a[href$='/name']");
  await page.fill("#name", "Les Amis du grand parc");
  await send(page);
  await shows(page, "Les Amis du grand parc");
}

// Letters for the printer from a file of addresses; what the PDF says signs its reader in.
async function printLetters(visit) {
  const { page } = visit;
  await visit.go("/rolls/new");
  await page.fill("#title", "Courriers 2027");
  await send(page);
  await page.setInputFiles("#file", csv("member_number\r\n0001\r\n0002\r\n"));
  await send(page);
  await page.click("main form[action$='/load'] button");
  const roll = new URL(page.url()).pathname;
  await page.click("main a[href$='/file/letters']");
  await page.fill("#sender", "Ville de Clairval\n1, place de la Mairie");
  const head = "Numéro;Nom;Voie;Code postal;Ville\r\n";
  await page.setInputFiles("#file", csv(`${head}0002;漢字;3, rue de l’Île;12345;CLAIRVAL\r\n`));
  await send(page);
  await shows(page, "« 漢 »");
  await page.setInputFiles("#file", csv(`${head}0002;Amélie Œuvrard;3, rue de l’Île;12345;CLAIRVAL\r\n0001;Zoë Roux;;;\r\nX-9;Nemo;;;\r\n`));
  await send(page);
  await shows(page, "1 ligne ne reçoit pas de nouveau code");
  const download = page.waitForEvent("download");
  await page.click("main form[action$='/letters/batch'] button");
  const file = await (await download).path();
  assert.match((await readFile(file, "latin1")).slice(0, 8), /^%PDF-1\.7/);
  await page.goto(roll);
  await shows(page, "2 codes créés pour les courriers");
  const read = spawnSync("pdftotext", ["-raw", file, "-"], { encoding: "utf8" });
  if (read.error) {
    report("SKIPPED: pdftotext is not installed; the letters were not read");
    return;
  }
  const [first, second] = read.stdout.split("\f");
  assert.match(first, /Amélie Œuvrard\s+3, rue de l’Île\s+12345 CLAIRVAL/);
  assert.ok(second.includes("Zoë Roux") && !read.stdout.includes("Nemo"));
  const accessCode = /[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}/.exec(first)[0];
  const reader = await browser.newContext();
  const letter = await reader.newPage();
  await letter.goto(`${city.base}/fr/sign-in/letter#${new URLSearchParams({ n: "0002", c: accessCode })}`);
  await letter.waitForFunction(() => document.getElementById("code").value !== "");
  await send(letter);
  assert.ok(!letter.url().includes("/sign-in/letter"), letter.url());
  await reader.close();
}

test("a team of five sets its city up by pages alone", async () => {
  const visit = await officer(browser, city);
  const { page } = visit;
  await enter(visit, city.administrator);
  assert.equal(page.url(), `${city.base}/fr/office`);
  await shows(page, "Bonjour Amélie Roux");
  await describeOrganization(visit);
  await invite(visit);
  await drawAreas(visit);
  await beginProcess(visit);
  await addFiles(visit);
  const { roll, letters } = await loadRoll(visit);
  await mendMember(visit, roll);
  await printLetters(visit);
  await copyRoll(visit, roll);
  await verifyAssociation(visit);
  await page.click("header form button");

  // A second administrator approves the code, and sees it once.
  const second = await officer(browser, city);
  await enter(second, `bilal@${city.name}.example`);
  await shows(second.page, "1 code à remplacer attend votre accord");
  await second.go("/rolls/replacements");
  await second.page.click("main table a");
  await sure(second.page);
  await send(second.page);
  const code = (await second.page.locator(".confirmation .code").innerText()).trim();
  assert.match(code, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
  assert.ok(!letters.includes(code));

  // The letter signs its reader in, on the public site.
  await second.page.goto(`${city.base}/fr/processes`);
  await shows(second.page, "Budget participatif 2027");
  for (const one of [visit, second]) {
    quiet(one);
    await one.close();
  }
});

test("what an auditor sees changes nothing", async () => {
  const visit = await officer(browser, city, { language: "en" });
  await enter(visit, `emma@${city.name}.example`);
  await shows(visit.page, "Auditor");
  await visit.go("/processes");
  assert.equal(await visit.page.locator("main .button").count(), 0);
  await visit.go("/staff/new");
  await shows(visit.page, "This page is for other roles");
  await visit.close();
});

for (const [language, viewport] of [["fr", phone], ["en", desk]]) {
  test(`every page of the office (${language}, ${viewport.width} px)`, async () => {
    const visit = await officer(browser, city, { language, viewport });
    await enter(visit, city.administrator);
    const found = [];
    for (const [name, go] of Object.entries(await places(visit))) {
      await go(visit);
      found.push(...(await inspect(visit.page, name)));
      const wide = await overflow(visit.page);
      if (wide > 0) found.push(`${name}: ${wide} px too wide`);
    }
    assert.deepEqual(found, []);
    quiet(visit);
    await visit.close();
  });
}
