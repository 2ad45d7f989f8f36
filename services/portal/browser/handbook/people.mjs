// Those who take part in the journey. Each does what somebody does at a browser: goes to a page, fills fields in, presses what has
// a name, and reads.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { tick } from "../lib/browser.mjs";
import { enter, officer, send } from "../lib/office.mjs";
import { exactly, plain } from "../lib/words.mjs";

// Wide enough for the office's tables, narrow enough to be read as a picture.
const window = { width: 880, height: 900 };

export async function person(browser, city, words, options = {}) {
  const visit = await officer(browser, city, { viewport: window, language: words.language, ...options });
  return { ...visit, words, t: words.t };
}

export async function colleague(browser, city, words, email) {
  const visit = await person(browser, city, words);
  await enter(visit, email);
  return visit;
}

// Waits, because a form's answer takes its time.
export async function reads({ page, t }, id, values) {
  const text = t(id, values);
  await page
    .waitForFunction((text) => document.body?.innerText.replace(/\s+/g, " ").includes(text), text, { timeout: 20_000 })
    .catch(() => assert.fail(`“${text}” is not on ${page.url()}`));
}

const shown = "main a, main button, main summary, header nav a";
export const button = ({ page, t }, id, values) => page.locator(shown).filter({ hasText: exactly(t(id, values)) }).first();

export async function press(visit, id, values) {
  await button(visit, id, values).click();
}

// A link that has the name of a thing.
export const follow = ({ page }, name) => page.locator("main a", { hasText: name }).first().click();

export async function fill({ page }, fields) {
  for (const [name, value] of Object.entries(fields)) await page.locator(`#${name}`).fill(value);
}

export const choose = ({ page }, name, value) => tick(page.locator(`input[name=${name}][value="${value}"]`));
export const agree = ({ page }) => tick(page.locator("#sure"));
export const go = (visit, desk) => visit.page.goto(visit.at(desk));
export const submit = ({ page }) => send(page);

export async function upload({ page }, name, text) {
  await page.setInputFiles("#file", { name, mimeType: "text/csv", buffer: Buffer.from(text) });
}

export async function downloads({ page }, act) {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  return readFile(await download.path(), "utf8");
}

// A page that is loaded again until it says so: what the clock and the other services do takes a moment.
export async function comesTo({ page, t }, id) {
  const end = Date.now() + 60_000;
  while (!plain(await page.locator("body").innerText()).includes(t(id))) {
    assert.ok(Date.now() < end, `“${t(id)}” does not come on ${page.url()}`);
    await page.reload();
  }
}

// A moment as a form takes it, in the city's time.
export function typed(moment) {
  const parts = (options) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris", ...options }).format(moment);
  return { day: parts({}), time: parts({ hour: "2-digit", minute: "2-digit" }) };
}
export const minutes = (count) => new Date(Date.now() + count * 60_000);
export const days = (count) => minutes(count * 24 * 60);
