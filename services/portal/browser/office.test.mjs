// What the team does beside the journey of the handbook: files, rolls in other encodings, letters, associations; and every page of the
// office, looked at by axe and for its width.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch, quiet, tick } from "./lib/browser.mjs";
import { inspector } from "./lib/inspect.mjs";
import { emptyCity, enter, furnish, officer, places, send } from "./lib/office.mjs";
import { desk, phone, report } from "./lib/site.mjs";

const { inspect, figures } = inspector();
let browser;
let city;
before(async () => {
  browser = await launch();
  city = await emptyCity();
});
after(async () => {
  await browser.close();
  report(`office: ${figures.pages} pages looked at, ${figures.violations} violations of axe`);
});

const shows = async (page, text) => assert.ok((await page.locator("body").innerText()).replace(/[\u00a0\u202f]/g, " ").includes(text), `${text} is not on ${page.url()}`);
const csv = (text, encoding = "utf8") => ({ name: "liste.csv", mimeType: "text/csv", buffer: Buffer.from(text, encoding) });
const sure = (page) => tick(page.locator("#sure"));

async function publish(visit) {
  const { page } = visit;
  await visit.go("/processes");
  await page.click("main table a");
  await page.click("main a[href$='/publish']");
  await send(page);
  await shows(page, "Cochez la case");
  await sure(page);
  await send(page);
  await shows(page, "Tout le monde la voit");
}

async function loadRoll(visit) {
  const { page } = visit;
  await visit.go("/rolls/new");
  await page.fill("#title", "Habitants d’un autre tableur");
  await send(page);
  const file = "member_number;district;birth_date;email\r\n0001;centre;1980-02-28;\r\n0002;;1991-12-01;b@exemple.fr\r\nÉ-3;;;\r\n";
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
  return new URL(page.url()).pathname;
}

async function mendMember(visit, roll) {
  const { page } = visit;
  await page.goto(`${roll}/members`);
  await page.fill("#text", "B@exemple.fr");
  await send(page);
  await shows(page, "1 personne trouvée");
  await page.click("main form[action$='/members/change'] button");
  await page.selectOption("#district", "centre");
  await send(page);
  await shows(page, "Le membre est corrigé");
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
  await page.click("main a.button");
  await page.fill("#name", "@");
  await send(page);
  await shows(page, "de 2 à 60 caractères");
  await page.fill("#name", "Les Jardiniers du parc");
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

test("files, rolls, letters and associations are looked after by pages alone", async () => {
  const visit = await officer(browser, city);
  await enter(visit, city.administrator);
  assert.equal(visit.page.url(), `${city.base}/fr/office`);
  await shows(visit.page, "Bonjour Amélie Roux");
  await furnish(visit);
  await publish(visit);
  await addFiles(visit);
  const roll = await loadRoll(visit);
  await mendMember(visit, roll);
  await printLetters(visit);
  await copyRoll(visit, roll);
  await verifyAssociation(visit);
  quiet(visit);
  await visit.close();
});

// A device that holds passkeys, as Chromium makes one for tests. `here` says whether somebody is there to open it.
async function device({ context, page }) {
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
  const verified = (isUserVerified) => session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  const credentials = async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  const forget = () => session.send("WebAuthn.clearCredentials", { authenticatorId });
  return { verified, credentials, forget };
}

async function signOut(visit) {
  const { page } = visit;
  await visit.go("/me");
  await page.click("main form[action$='/sign-out'] button");
  await shows(page, "Vous êtes déconnecté");
}

test("staff sign in with a code and a passkey, and not without", async () => {
  const town = await emptyCity();
  const visit = await officer(browser, town);
  const { page } = visit;
  const phoneOfHers = await device(visit);
  const found = [];
  await enter(visit, town.administrator);

  // Who has none cannot ask everybody for one.
  await visit.go("/organization/sign-in");
  await tick(page.locator("#required"));
  await send(page);
  await shows(page, "Créez d’abord votre propre clé");
  await visit.go("/me/passkeys/new");
  await page.fill("#label", "Téléphone");
  found.push(...(await inspect(page, "office-passkey-new")));
  await send(page);
  await shows(page, "La clé d’accès est ajoutée");
  await shows(page, "Téléphone");
  found.push(...(await inspect(page, "office-passkeys")));
  const [{ rpId }] = await phoneOfHers.credentials();
  assert.equal(rpId, new URL(town.base).hostname);
  await visit.go("/organization/sign-in");
  await tick(page.locator("#required"));
  found.push(...(await inspect(page, "office-sign-in")));
  await send(page);
  await shows(page, "enregistré");

  // The code alone opens nothing; the passkey, once its owner is verified, opens the page that one wanted.
  await signOut(visit);
  await enter(visit, town.administrator);
  assert.equal(new URL(page.url()).pathname, "/fr/second-factor");
  found.push(...(await inspect(page, "second-factor")));
  for (const path of ["", "/staff", "/log"]) {
    await visit.go(path);
    assert.equal(new URL(page.url()).pathname, "/fr/second-factor", path);
  }
  await phoneOfHers.verified(false);
  await page.click("form[data-passkey] button");
  await page.locator("[data-failed]").waitFor({ state: "visible" });
  assert.equal(new URL(page.url()).pathname, "/fr/second-factor");
  await phoneOfHers.verified(true);
  await page.click("form[data-passkey] button");
  await page.waitForURL("**/fr/office/log");
  await shows(page, "Ajout d’une clé d’accès");

  // Without script the page says what it needs.
  const plain = await browser.newContext({ baseURL: town.base, javaScriptEnabled: false, storageState: await signedInHalf(visit, town) });
  const half = await plain.newPage();
  await half.goto("/fr/second-factor");
  await shows(half, "a besoin de JavaScript");
  await half.click("form[data-passkey] button");
  await shows(half, "a besoin de JavaScript");
  await plain.close();

  // Whoever has lost theirs gets nowhere.
  await phoneOfHers.forget();
  await page.goto("/fr/second-factor");
  await page.click("form[data-passkey] button");
  await page.locator("[data-failed]").waitFor({ state: "visible" });
  assert.deepEqual(found, []);
  quiet(visit);
  await visit.close();
});

// The browser's cookies after the code, before the passkey.
async function signedInHalf(visit, town) {
  await signOut(visit);
  await enter(visit, town.administrator);
  assert.equal(new URL(visit.page.url()).pathname, "/fr/second-factor");
  return visit.context.storageState();
}

for (const [language, viewport] of [["fr", phone], ["en", desk]]) {
  test(`every page of the office (${language}, ${viewport.width} px)`, async () => {
    const visit = await officer(browser, city, { language, viewport });
    await enter(visit, city.administrator);
    const found = [];
    for (const [name, go] of Object.entries(await places(visit))) {
      await go(visit);
      found.push(...(await inspect(visit.page, name)));
    }
    assert.deepEqual(found, []);
    quiet(visit);
    await visit.close();
  });
}
