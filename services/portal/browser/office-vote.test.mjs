// The office of the seeded city: proposals are answered, two rules are tried on the ballots of a real result. How a budget comes to a
// vote, to a result and to its projects, the journey of the handbook shows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, quiet, tick } from "./lib/browser.mjs";
import { inspector } from "./lib/inspect.mjs";
import { enter, officer, send } from "./lib/office.mjs";
import { api, base, report } from "./lib/site.mjs";

const city = { base };
const administrator = "admin@villeneuve.example";
const { inspect: look, figures } = inspector();
let browser;
before(async () => {
  browser = await launch();
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

async function inspect({ page }) {
  assert.deepEqual(await look(page), []);
}

test("proposals are answered, and two rules are tried out", async () => {
  const visit = await officer(browser, city, { language: "en" });
  await enter(visit, administrator);
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
