// A budget from nothing to a followed-up project, by pages alone, on the seeded city; and paper, typed twice and counted.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch, overflow, quiet, tick } from "./lib/browser.mjs";
import { enter, officer, send } from "./lib/office.mjs";
import { api, base, desk, phone, report } from "./lib/site.mjs";

const everything = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const city = { base };
const administrator = "admin@villeneuve.example";
const [fanny, gaspard] = ["fanny@villeneuve.example", "gaspard@villeneuve.example"];
const figures = { pages: 0, violations: 0 };
let browser;
let axeSource;
before(async () => {
  browser = await launch();
  axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
});
after(async () => {
  await browser.close();
  report(`office, votes: ${figures.pages} pages looked at, ${figures.violations} violations of axe`);
});

// Waits, because a form's answer takes its time.
const shows = (page, text) =>
  page
    .waitForFunction((text) => document.body.innerText.replace(/[\u00a0\u202f]/g, " ").includes(text), text, { timeout: 20_000 })
    .catch(() => assert.fail(`${text} is not on ${page.url()}`));
// A page that is loaded again until it shows it. Each load is awaited: a reload from within the page would break off the last.
async function comesTo(page, text) {
  const end = Date.now() + 60_000;
  while (!(await page.locator("body").innerText()).includes(text)) {
    assert.ok(Date.now() < end, `${text} does not come on ${page.url()}`);
    await page.reload();
  }
}
const sure = (page) => tick(page.locator("#sure"));
const clickText = (page, text) => page.locator("main a", { hasText: text }).first().click();

// A page is looked at by axe, and at a phone's width.
async function inspect({ page }) {
  await page.evaluate(axeSource);
  const result = await page.evaluate((runOnly) => axe.run(document, { runOnly, resultTypes: ["violations"] }), everything);
  figures.pages += 1;
  const found = result.violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${page.url()}: ${id}: ${node.html.slice(0, 200)}`));
  figures.violations += found.length;
  await page.setViewportSize(phone);
  const wide = await overflow(page);
  await page.setViewportSize(desk);
  if (wide > 0) found.push(`${page.url()}: ${wide} px too wide`);
  assert.deepEqual(found, []);
}

async function someone(email, options) {
  const visit = await officer(browser, city, options);
  await enter(visit, email);
  return visit;
}

async function invite() {
  const visit = await someone(administrator);
  const { page } = visit;
  for (const [name, email] of [["Fanny Noël", fanny], ["Gaspard Lévy", gaspard]]) {
    await visit.go("/staff/new");
    await page.fill("#name", name);
    await page.fill("#email", email);
    await tick(page.locator("input[name=roles]").nth(2));
    await send(page);
    await shows(page, "fait partie de l’équipe");
  }
  await visit.close();
}

async function voting() {
  const { processes } = await api("processes");
  return processes.find((one) => one.currentPhase?.kind === "PHASE_KIND_VOTE");
}

async function setUp(visit) {
  const { page } = visit;
  const { processId } = await voting();
  await visit.go(`/budgets?process=${processId}`);
  await inspect(visit);
  await visit.go(`/budgets/new?process=${processId}`);
  await inspect(visit);
  await page.fill("#title", "Les bords du canal");
  await page.fill("#amount", "beaucoup");
  await send(page);
  await shows(page, "Écrivez un montant supérieur à zéro");
  await inspect(visit);
  await page.fill("#amount", "20 000");
  await page.fill("#most", "2");
  await send(page);
  await shows(page, "Le budget est créé");
  await inspect(visit);
  await clickText(page, "Coller un tableau");
  await page.fill("#table", "titre\tcoût\nBancs au bord de l’eau\tcher");
  await send(page);
  await shows(page, "Ligne 2");
  await inspect(visit);
  await page.fill("#table", "titre\tcoût\nBancs au bord de l’eau\t8 000\nUn ponton\t11 000,50\nUne fontaine\t6 000");
  await send(page);
  await shows(page, "3 projets, pour 25 000,50 € en tout");
  await inspect(visit);
  await send(page);
  await shows(page, "Les projets sont enregistrés");
  await clickText(page, "Une fontaine");
  await page.fill("#cost", "6 500");
  await inspect(visit);
  await send(page);
  await shows(page, "6 500 €");
}

// Today in the city, and the time a minute ago.
function paris() {
  const moment = new Date(Date.now() - 60_000);
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris" }).format(moment);
  return { day, time: new Intl.DateTimeFormat("fr-FR", { timeZone: "Europe/Paris", hour: "2-digit", minute: "2-digit" }).format(moment) };
}

async function plan(visit) {
  const { page } = visit;
  await clickText(page, "Liste de contrôle");
  await shows(page, "Le vote n’a pas encore de dates");
  await inspect(visit);
  await clickText(page, "Préparer le vote");
  await inspect(visit);
  const { day, time } = paris();
  await page.fill("#open_day", "2019-01-01");
  await send(page);
  await shows(page, "pendant une phase de vote");
  await inspect(visit);
  await page.fill("#open_day", day);
  await page.fill("#open_time", time);
  await send(page);
  await shows(page, "personnes");
  await shows(page, "rien n’est encore figé");
  await inspect(visit);
  await page.click("main button[value=schedule]");
  await shows(page, "Les dates sont notées");
  await inspect(visit);
}

// Every item is checked, and two people sign; a change in between takes the first signature away.
async function signOff(first, second) {
  const { page } = first;
  const list = page.url().split("?")[0];
  for (const place of [0, 1, 2, 3, 4]) {
    await page.locator("main dl dd.change a[href*='/checklist/']").nth(place).click();
    if (place === 0) await inspect(first);
    await tick(page.locator("input[name=state]").nth(1));
    await send(page);
    await shows(page, "Le point est enregistré");
  }
  const sign = async (visit) => {
    await visit.page.goto(list);
    await sure(visit.page);
    await visit.page.click("main button[value=sign]");
    await shows(visit.page, "Votre signature est enregistrée");
  };
  await sign(first);
  await inspect(first);
  await second.page.goto(`${list}/alerts`);
  await second.page.fill("#note", "Astreinte : le service technique.");
  await send(second.page);
  await shows(second.page, "un point de la liste a changé");
  await inspect(second);
  await sign(second);
  await sign(first);
}

async function schedule(visit) {
  const { page } = visit;
  await shows(page, "sont figés");
  await inspect(visit);
  await page.click("main button[value=schedule]");
  await shows(page, "Cochez la case");
  await sure(page);
  await page.click("main button[value=schedule]");
  await shows(page, "Le vote est programmé");
  await clickText(page, "Voir le vote");
  // The clock opens it.
  await comesTo(page, "Clore maintenant");
  await inspect(visit);
  return new URL(page.url()).pathname.split("/").at(-1);
}

async function type(page, rows) {
  for (const [place, [number, member, marks]] of rows.entries()) {
    await page.fill(`#number-${place}`, number);
    // From here on by the keyboard alone.
    await page.focus(`#member-${place}`);
    await page.keyboard.type(member);
    await page.keyboard.press("Tab");
    await page.keyboard.type(marks);
  }
  await page.keyboard.press("Enter");
  await page.waitForLoadState();
}

async function paper(first, second, poll) {
  const { page } = first;
  await first.go(`/paper/${poll}`);
  await inspect(first);
  await page.fill("#title", "Urne de la mairie");
  await send(page);
  const box = new URL(page.url()).pathname;
  await inspect(first);
  await type(page, [["1", "1101", "1 2"], ["2", "9999", "7"]]);
  await shows(page, "Aucun projet ne porte le numéro 7");
  await inspect(first);
  await page.fill("#marks-1", "b");
  await page.keyboard.press("Enter");
  await shows(page, "pas dans la liste électorale");
  await page.fill("#member-1", "1102");
  await page.keyboard.press("Enter");
  await shows(page, "Votre saisie : 2 bulletins");
  await type(page, [["3", "1103", "2"]]);
  await shows(page, "Votre saisie : 3 bulletins");

  await second.page.goto(box);
  await shows(second.page, "Faites la deuxième sans regarder la sienne");
  await type(second.page, [["1", "1101", "1 3"], ["2", "1102", "b"], ["3", "1103", "2"]]);
  await shows(second.page, "Une différence");
  await inspect(second);
  await type(second.page, [["1", "1101", "1 2"]]);
  await shows(second.page, "Les deux saisies sont identiques");
  await clickText(second.page, "Compter ce lot");
  await inspect(second);
  await sure(second.page);
  await send(second.page);
  await shows(second.page, "Le lot est compté");
  await inspect(second);
  await second.go(`/paper/${poll}/form`);
  await inspect(second);
}

async function close(visit, poll) {
  const { page } = visit;
  await visit.go(`/votes/${poll}`);
  await shows(page, "3");
  await clickText(page, "Clore maintenant");
  await inspect(visit);
  await page.fill("#reason", "Essai terminé.");
  await sure(page);
  await send(page);
  await comesTo(page, "Suivre les projets");
  await inspect(visit);
  await clickText(page, "Voir le résultat");
  await shows(page, "Bancs au bord de l’eau");
}

async function followUp(visit, poll) {
  const { page } = visit;
  await visit.go(`/votes/${poll}`);
  await clickText(page, "Suivre les projets");
  await inspect(visit);
  await clickText(page, "Un ponton");
  await inspect(visit);
  await tick(page.locator("input[name=status]").nth(1));
  await page.fill("#percent", "30");
  await page.fill("#spent", "3 200,50");
  await page.fill("#note", "Le chantier a commencé.");
  await send(page);
  await shows(page, "Le compte rendu est publié");
  await clickText(page, "Un ponton");
  await clickText(page, "Voir la page publique du projet");
  await shows(page, "Le chantier a commencé.");
}

test("a budget is set up, voted on with paper, counted and followed up, by pages alone", async () => {
  await invite();
  const [first, second] = [await someone(fanny), await someone(gaspard)];
  await setUp(first);
  await plan(first);
  await signOff(first, second);
  const poll = await schedule(first);
  await paper(first, second, poll);
  await close(second, poll);
  await followUp(first, poll);
  for (const visit of [first, second]) {
    quiet(visit);
    await visit.close();
  }
});

test("proposals are answered, and two rules are tried out", async () => {
  const visit = await someone(administrator, { language: "en" });
  const { page } = visit;
  const { processes } = await api("processes");
  const { processId } = processes.find((one) => one.currentPhase?.kind === "PHASE_KIND_SUBMISSION");
  await visit.go(`/proposals?process=${processId}&state=new`);
  await inspect(visit);
  await page.locator("main table a").first().click();
  await inspect(visit);
  await tick(page.locator("input[name=decision]").nth(1));
  await page.fill("#answer", "Yes, next year.");
  await page.fill("#cost", "12,500");
  await page.click("main form[action$='/answer'] button");
  await shows(page, "The answer is published");
  const over = processes.find((one) => one.currentPhase?.kind === "PHASE_KIND_EXECUTION");
  const { budgets } = await api(`processes/${over.processId}/budgets`);
  const { content } = await api(`budgets/${budgets[0].budgetId}/result:export?format=EXPORT_FORMAT_PB`);
  await visit.go("/budgets/try");
  await inspect(visit);
  await page.setInputFiles("#file", { name: "result.pb", mimeType: "text/plain", buffer: Buffer.from(content) });
  await send(page);
  await shows(page, "get at least one of their projects");
  await inspect(visit);
  await visit.go("/votes");
  await inspect(visit);
  await visit.go("/paper");
  await inspect(visit);
  quiet(visit);
  await visit.close();
});
