// "Count it yourself" on the result page: the published ballots, counted by the visitor's own browser.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { at, launch, overflow, quiet, visitor } from "./lib/browser.mjs";
import { api, desk, languages, phone, polls, report } from "./lib/site.mjs";

let browser;
let path;
let counts = 0;
before(async () => {
  browser = await launch();
  const { over } = await polls();
  const { budget } = await api(`polls/${over.pollId}/budget`);
  path = `/budgets/${budget.budgetId.replaceAll("-", "")}/result`;
});
after(async () => {
  await browser.close();
  report(`recount: ${counts} counts in the browser`);
});

// Counts, and says which answer the page gives.
async function count({ page, language }) {
  await page.goto(at(language, path));
  await page.click("[data-recount] button");
  await page.waitForSelector("[data-answer]:not([data-answer=busy]):visible");
  counts += 1;
  assert.equal(await page.locator("[data-answer]:visible").count(), 1);
  return page.locator("[data-answer]:visible").getAttribute("data-answer");
}

for (const [place, viewport] of [phone, desk].entries()) {
  test(`a browser comes to the published result (${viewport.width} px)`, async () => {
    const visit = await visitor(browser, { viewport, language: languages[place] });
    const { page, context } = visit;
    const loaded = [];
    context.on("request", (request) => loaded.push(request.url()));
    await page.goto(at(visit.language, path));
    assert.ok(!loaded.some((url) => /\.wasm|recount-worker|result\.pb/.test(url)), "nothing is loaded before the click");
    assert.equal(await count(visit), "same");
    assert.ok(loaded.some((url) => url.endsWith(".wasm")));
    const text = await page.locator("[data-answer=same]").innerText();
    assert.match(text, /\d+(?:[.,]\d)?\ssecond/, text);
    assert.equal(await overflow(page), 0);
    // Once more: the page has not spent anything.
    await page.click("[data-recount] button");
    await page.waitForSelector("[data-answer=same]:visible");
    quiet(visit);
    await visit.close();
  });
}

// The lines of a .pb file, with one field of its first ballot or project changed.
const altered = {
  "a ballot": (lines) => change(lines, "VOTES", "vote", (choice, lines) => (choice.includes(",") ? choice.split(",")[0] : other(choice, lines))),
  "a cost": (lines) => change(lines, "PROJECTS", "cost", (cost) => String(Number(cost) + 1)),
  "the budget": (lines) => lines.map((line) => (line.startsWith("budget;") ? `budget;${Number(line.split(";")[1]) + 1}` : line)),
  "the decision": (lines) => change(lines, "PROJECTS", "selected", (selected) => String(1 - Number(selected))),
  everything: () => ["this is no file of ballots"],
};

function change(lines, section, column, by) {
  const start = lines.indexOf(section) + 1;
  const place = lines[start].split(";").indexOf(column);
  const fields = lines[start + 1].split(";");
  fields[place] = by(fields[place], lines);
  return lines.with(start + 1, fields.join(";"));
}

function other(choice, lines) {
  const ids = lines.slice(lines.indexOf("PROJECTS") + 2, lines.indexOf("VOTES")).map((line) => line.split(";")[0]);
  return ids.find((id) => id !== choice);
}

for (const [what, change] of Object.entries(altered)) {
  test(`a file in which somebody has altered ${what} is said to be altered`, async () => {
    const visit = await visitor(browser, { viewport: phone });
    await visit.context.route("**/result.pb", async (route) => {
      const response = await route.fetch();
      const lines = (await response.text()).split("\n");
      const body = change(lines);
      assert.notDeepEqual(body, lines);
      await route.fulfill({ response, body: body.join("\n") });
    });
    assert.equal(await count(visit), "different");
    const faults = visit.page.locator("[data-fault]:visible");
    const named = await faults.evaluateAll((all) => all.map((one) => one.dataset.fault));
    assert.ok(named.includes(what === "everything" ? "file" : "seal"), `${named}`);
    quiet(visit);
    await visit.close();
  });
}

test("a program that does not arrive says nothing about the result", async () => {
  const visit = await visitor(browser, { viewport: phone });
  await visit.context.route("**/*.wasm", (route) => route.abort());
  assert.equal(await count(visit), "failed");
  await visit.close();
});

test("without script the page says how else to count", async () => {
  const visit = await visitor(browser, { script: false, viewport: phone });
  await visit.page.goto(at("fr", path));
  assert.equal(await visit.page.locator("[data-recount]:visible").count(), 0);
  assert.ok((await visit.page.locator("main").innerText()).includes("comptez avec le programme comitia"));
  assert.ok((await visit.page.locator("main").innerText()).includes("comitia tally"));
  quiet(visit);
  await visit.close();
});

test("no other page may run WebAssembly", async () => {
  const visit = await visitor(browser, { viewport: phone });
  for (const [place, allowed] of [[path, true], ["", false], ["/votes", false], [path.replace("/result", ""), false]]) {
    const answer = await visit.page.goto(at("fr", place));
    const policy = answer.headers()["content-security-policy"];
    assert.equal(policy.includes("'wasm-unsafe-eval'"), allowed, place);
    assert.ok(!policy.includes("'unsafe-"), policy);
  }
  await visit.close();
});
