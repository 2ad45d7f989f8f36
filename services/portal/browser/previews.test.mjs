// A process that is not published, read by somebody who has nothing but the link; and the whole of it as open data, once it is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, quiet, tick } from "./lib/browser.mjs";
import { inspector } from "./lib/inspect.mjs";
import { emptyCity, enter, furnish, officer, send } from "./lib/office.mjs";
import { phone, report } from "./lib/site.mjs";

const { inspect, figures } = inspector();
let browser;
let city;
before(async () => {
  browser = await launch();
  city = await emptyCity();
});
after(async () => {
  await browser.close();
  report(`previews: ${figures.pages} pages looked at, ${figures.violations} violations of axe`);
});

const text = async (page) => (await page.locator("body").innerText()).replace(/[\u00a0\u202f]/g, " ");
const shows = async (page, words) => assert.ok((await text(page)).includes(words), `${words} is not on ${page.url()}`);

test("a link shows a draft to who has it, with script and without, until it is revoked", async () => {
  const found = [];
  const team = await officer(browser, city);
  await enter(team, city.administrator);
  await furnish(team);
  await team.go("/processes");
  await team.page.click("main table a");
  await team.page.click("main a[href$='/preview']");
  found.push(...(await inspect(team.page, "office-preview")));
  await team.page.fill("#title", "Comité de pilotage");
  await send(team.page);
  await shows(team.page, "Copiez-le maintenant");
  found.push(...(await inspect(team.page, "office-preview-made")));
  const link = await team.page.locator("figcaption a").first().evaluate((a) => a.href);
  const code = link.split("#")[1];

  const reader = await officer(browser, city, { viewport: phone });
  const seen = [];
  reader.page.on("request", (request) => seen.push(request.url()));
  await reader.page.goto(link);
  await reader.page.waitForURL("**/fr/processes/**");
  await shows(reader.page, "Budget participatif 2027");
  await shows(reader.page, "Quitter l’aperçu");
  found.push(...(await inspect(reader.page, "preview-process")));
  assert.ok(seen.every((url) => !url.split("#")[0].includes(code)), "the code is in an address");
  assert.equal(await reader.page.locator('meta[name="robots"]').getAttribute("content"), "noindex");

  const plain = await browser.newContext({ baseURL: city.base, javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(link);
  await shows(page, "Code de l’aperçu");
  await page.fill("#code", link);
  await page.click("main form button[type=submit]");
  await shows(page, "Budget participatif 2027");

  await team.page.click("main a[href$='/revoke']");
  await tick(team.page.locator("#sure"));
  await send(team.page);
  await shows(team.page, "Le lien est désactivé");
  for (let waited = 0; !(await text(reader.page)).includes("L’aperçu est terminé") && waited < 100; waited += 1) {
    await reader.page.reload();
  }
  await shows(reader.page, "L’aperçu est terminé");
  found.push(...(await inspect(reader.page, "preview-ended")));
  assert.deepEqual(found, []);
  await plain.close();
  for (const visit of [team, reader]) {
    quiet(visit);
    await visit.close();
  }
});

test("what is published is there as open data", async () => {
  const team = await officer(browser, city);
  await enter(team, city.administrator);
  await team.go("/processes");
  await team.page.click("main table a");
  await team.page.click("main a[href$='/publish']");
  await tick(team.page.locator("#sure"));
  await send(team.page);
  const published = team.page.url().split("?")[0].replace("/office", "");
  const reader = await officer(browser, city, { viewport: phone });
  await reader.page.goto(`${published}/data`);
  await shows(reader.page, "proposals.csv");
  assert.deepEqual(await inspect(reader.page, "open-data"), []);
  const [download] = await Promise.all([reader.page.waitForEvent("download"), reader.page.click("main a[href$='/projects.csv']")]);
  assert.equal(download.suggestedFilename(), "projects.csv");
  for (const visit of [team, reader]) {
    quiet(visit);
    await visit.close();
  }
});
