// The booth in Firefox: from the letter to the receipt. Debian's Firefox is not Playwright's, so that puppeteer drives it.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import puppeteer from "puppeteer-core";
import { api, base, code, kinds, members, polls, report } from "./lib/site.mjs";

const executablePath = ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find(existsSync);
if (!executablePath) report("firefox: SKIPPED, because there is no Firefox here");

for (const script of [true, false]) {
  test(`the booth in Firefox ${script ? "with" : "without"} script`, { skip: !executablePath && "there is no Firefox here" }, async () => {
    const browser = await puppeteer.launch({
      browser: "firefox",
      executablePath,
      extraPrefsFirefox: script ? {} : { "javascript.enabled": false },
    });
    try {
      const ballots = await booth(await browser.newPage(), script ? kinds : ["knapsack", "ranking"]);
      report(`firefox: ${ballots} ballots cast ${script ? "with" : "without"} script`);
    } finally {
      await browser.close();
    }
  });
}

const built = existsSync(new URL("../assets/recount/comitia_recount_bg.wasm", import.meta.url));
const missing = (!executablePath && "there is no Firefox here") || (!built && "the recount was not built");
test("Firefox counts the published ballots and comes to the same", { skip: missing }, async () => {
  const browser = await puppeteer.launch({ browser: "firefox", executablePath });
  try {
    const page = await browser.newPage();
    const { over } = await polls();
    const { budget } = await api(`polls/${over.pollId}/budget`);
    await page.goto(`${base}/fr/budgets/${budget.budgetId.replaceAll("-", "")}/result`);
    await press(page, "[data-recount] button", "Enter");
    await page.waitForSelector("[data-answer=same]", { visible: true });
  } finally {
    await browser.close();
  }
});

// Everything is pressed by keyboard: without script, puppeteer's clicks wait for an observer that never calls.
async function press(page, selector, key) {
  await page.focus(selector);
  await page.keyboard.press(key);
}

async function booth(page, some) {
  const open = await polls();
  const go = (selector) => Promise.all([page.waitForNavigation(), press(page, selector, "Enter")]);
  await page.goto(`${base}/fr/sign-in/letter`);
  await page.type("#number", String(members.firefox));
  await page.type("#code", await code(members.firefox));
  await go("main form button[type=submit]");
  assert.match(page.url(), /\/fr\/votes$/);
  for (const kind of some) {
    await page.goto(`${base}/fr/votes/${open[kind].pollId}`);
    const boxes = "form[data-ballot] input[name=choice]";
    if (await page.$(boxes)) await press(page, boxes, " ");
    else await page.type("form[data-ballot] .options input[inputmode=numeric]", "1");
    await go("form[data-ballot] button[value=check]");
    await go("form[data-cast] button[type=submit]:not([formaction])");
    assert.ok(await page.$(".confirmation .reference .code"), kind);
  }
  return some.length;
}
