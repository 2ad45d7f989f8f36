// axe on a page of every kind and in every state, in both languages; and its contrasts in the dark.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch, quiet, signIn, visitor } from "./lib/browser.mjs";
import { ownPlaces, publicPlaces } from "./lib/places.mjs";
import { languages, members, phone, report } from "./lib/site.mjs";

const everything = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
let browser;
let source;
let pages = 0;
let violations = 0;
before(async () => {
  browser = await launch();
  source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
});
after(async () => {
  await browser.close();
  report(`axe: ${pages} pages looked at, ${languages.length} languages, light and dark, ${violations} violations`);
});

async function inspect(visit, places, runOnly) {
  const found = [];
  for (const [name, go] of Object.entries(places)) {
    await go(visit);
    await visit.page.evaluate(source);
    const result = await visit.page.evaluate((runOnly) => axe.run(document, { runOnly, resultTypes: ["violations"] }), runOnly);
    pages += 1;
    for (const { id, nodes } of result.violations) {
      violations += nodes.length;
      for (const node of nodes.slice(0, 3)) found.push(`${name}: ${id}: ${node.html.slice(0, 200)} ${node.failureSummary.split("\n")[1] ?? ""}`);
    }
  }
  return found;
}

for (const language of languages) {
  test(`public pages (${language})`, async () => {
    const visit = await visitor(browser, { language, viewport: language === "fr" ? phone : undefined });
    const found = await inspect(visit, await publicPlaces(), everything);
    await visit.close();
    assert.deepEqual(found, []);
    quiet(visit);
  });
  test(`the booth, proposals and the account (${language})`, async () => {
    const visit = await visitor(browser, { language, viewport: language === "en" ? phone : undefined });
    await signIn(visit, members.axe);
    const found = await inspect(visit, await ownPlaces(), everything);
    await visit.close();
    assert.deepEqual(found, []);
    quiet(visit);
  });
}

test("contrasts in the dark", async () => {
  const visit = await visitor(browser, { dark: true });
  const found = await inspect(visit, await publicPlaces(), ["cat.color"]);
  await signIn(visit, members.axe);
  found.push(...(await inspect(visit, await ownPlaces(), ["cat.color"])));
  await visit.close();
  assert.deepEqual(found, []);
});
