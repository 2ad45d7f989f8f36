// Chromium by Playwright, and what every page is watched for.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { base, code, desk } from "./site.mjs";

const executablePath = process.env.COMITIA_CHROMIUM ?? "/usr/bin/chromium";

export const launch = () => chromium.launch({ executablePath });

// A context whose pages note everything that a page must not do: errors in the console, exceptions, what the policy blocked,
// requests to other hosts, answers of 500 and more (of style sheets and scripts: of 400 and more). `complaints` has it.
export async function visitor(browser, { script = true, viewport = desk, language = "fr", dark = false } = {}) {
  const context = await browser.newContext({
    baseURL: base,
    javaScriptEnabled: script,
    viewport,
    locale: language,
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const complaints = [];
  context.on("console", (message) => {
    // Chromium reports each answer of 4xx as an error, too. Which pages answer so, the tests say.
    const ofStatus = message.text().startsWith("Failed to load resource: the server responded with a status of 4");
    if (["error", "warning"].includes(message.type()) && !ofStatus) {
      complaints.push(`console on ${message.page()?.url()}: ${message.text()}`);
    }
  });
  context.on("weberror", (error) => complaints.push(`exception on ${error.page()?.url()}: ${error.error()}`));
  context.on("response", (response) => {
    const page = response.request().isNavigationRequest();
    if (response.status() >= (page ? 500 : 400)) complaints.push(`${response.status()} ${response.url()}`);
  });
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== new URL(base).origin) complaints.push(`elsewhere: ${url}`);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  return { context, page, language, complaints, close: () => context.close() };
}

export function quiet({ complaints }) {
  assert.deepEqual(complaints, []);
}

export const at = (language, path = "") => `/${language}${path}`;

export async function signIn({ page, language }, member, back = "") {
  await page.goto(at(language, `/sign-in/letter${back && `?return=${encodeURIComponent(back)}`}`));
  await page.fill("#number", String(member));
  await page.fill("#code", await code(member));
  await page.click("main form button[type=submit]");
  assert.ok(!page.url().includes("/sign-in"), `signed in as ${member}: ${page.url()}`);
}

// The label lies over its box, so that one click anywhere on it is enough.
export async function tick(box, checked = true) {
  if ((await box.isChecked()) !== checked) await box.locator("xpath=following-sibling::label").click();
  assert.equal(await box.isChecked(), checked);
}

// Fills in a ballot of any kind with the options at `places`, best first.
export async function fillBallot(page, kind, places) {
  const form = page.locator("form[data-ballot]");
  if (kind === "approval" || kind === "knapsack" || kind === "choose_one") {
    const boxes = form.locator("input[name=choice]");
    if (kind !== "choose_one") {
      for (const box of await boxes.all()) await tick(box, false);
    }
    for (const place of kind === "choose_one" ? places.slice(0, 1) : places) await tick(boxes.nth(place));
    return;
  }
  const numbers = form.locator(kind === "ranking" ? "input[name^='rank.']" : "input[name^='points.']");
  for (const number of await numbers.all()) await number.fill("");
  for (const [order, place] of places.entries()) {
    await numbers.nth(place).fill(kind === "ranking" ? String(order + 1) : String(3 - order));
  }
}

export const checkBallot = (page) => page.click("form[data-ballot] button[value=check]");
export const cast = (page) => page.click("form[data-cast] button[type=submit]:not([formaction])");
export const trackingCode = async (page) => (await page.locator(".confirmation .reference .code").innerText()).trim();

// How far a page is wider than the window.
export const overflow = (page) => page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
