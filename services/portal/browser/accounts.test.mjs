// Accounts at a certified provider: the first visit, the second, an account that has an address, links, and signing out of both.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { at, launch, overflow, tick, visitor } from "./lib/browser.mjs";
import { issuer } from "./lib/sheets.mjs";
import { administrator, base, desk, mailedCode, phone, report } from "./lib/site.mjs";

let browser;
let accounts = 0;
const withProvider = { skip: issuer ? false : "no OpenID provider: scripts/install openid" };
const provider = issuer && new URL(issuer).origin;
// Everything but the way to the provider, which is the browser's own, and what the provider's page to sign out fetches.
const elsewhere = (one) => one.includes(provider) || one.startsWith("elsewhere: https://fonts.googleapis.com/");
const quiet = ({ complaints }) => assert.deepEqual(complaints.filter((one) => !elsewhere(one)), []);
const send = (page) => page.click("main form button[type=submit]:not([formaction])");
// A person whom no other test knows.
const somebody = () => `person-${Math.floor(Math.random() * 1e9)}`;

before(async () => {
  browser = await launch();
  if (!issuer) return;
  const answer = await fetch(`${base}/v1/accountSignIn`, {
    method: "PATCH",
    headers: { "content-type": "application/json", authorization: `Bearer ${await administrator()}` },
    body: JSON.stringify({ allowedProviderIds: ["accounts"] }),
  });
  if (!answer.ok) throw new Error(`allowing the provider: ${answer.status} ${await answer.text()}`);
});
after(async () => {
  await browser.close();
  report(`accounts at a provider: ${accounts}`);
});

// At the provider, as this person; or straight back, where the provider knows them.
async function identify(page, person, acr = "eidas1") {
  if (page.url().startsWith(provider)) {
    await page.fill("input[name=person]", person);
    await page.fill("input[name=acr]", acr);
    await page.click("button");
  }
  await page.waitForURL((url) => url.origin === new URL(base).origin);
  assert.equal(await overflow(page), 0, page.url());
}

async function signIn({ page, language }, person, acr) {
  await page.goto(at(language, "/sign-in"));
  assert.equal(await overflow(page), 0);
  await page.click("main a[href*='/sign-in/with/accounts']");
  await identify(page, person, acr);
}

async function choose(page, name) {
  assert.ok(page.url().includes("/account/welcome"), page.url());
  assert.equal(await page.locator("#age").count(), 0, "the age is known");
  await page.fill("#name", name);
  await tick(page.locator("#terms"));
  await send(page);
}

for (const way of [{ script: true, viewport: phone, language: "fr" }, { script: false, viewport: desk, language: "en" }]) {
  test(`somebody opens an account without an address and comes back (${way.language})`, withProvider, async () => {
    const person = somebody();
    const visit = await visitor(browser, way);
    const { page, language } = visit;
    await signIn(visit, person);
    assert.ok(page.url().endsWith("/register/with"), "the provider's answer stays in no address");
    await page.click("main form[action$='/register/with'] button");
    await choose(page, "Une voisine");
    await page.goto(at(language, "/account/providers"));
    assert.equal(await page.locator("form[action$='/unlink']").count(), 0, "the last way in");
    assert.equal(await overflow(page), 0);
    accounts += 1;

    await page.goto(at(language, "/account"));
    await page.click("main form[action$='/sign-out'] button");
    assert.equal(await overflow(page), 0);
    await page.click("main a[href$='/sign-out/provider']");
    assert.ok(page.url().startsWith(provider), page.url());
    await signIn(visit, person);
    await page.goto(at(language, "/account"));
    assert.match(await page.locator("main").innerText(), /Une voisine/);
    quiet(visit);
    await visit.close();
  });
}

test("an account that has an address is linked by its code, unlinked, and linked again", withProvider, async () => {
  const address = `linked-${Date.now()}@villeneuve.example`;
  const person = somebody();
  const visit = await visitor(browser, { script: false, viewport: phone });
  const { page, language } = visit;
  await signIn(visit, person);
  await page.fill("#email", address);
  await page.click("main form[action$='/register/with/email'] button");
  await page.fill("#code", "000000000000");
  await send(page);
  assert.ok(await page.locator("[role=alert]").isVisible(), "a wrong code is said to be wrong");
  await page.fill("#code", await mailedCode(address));
  await send(page);
  await choose(page, "Zoé");
  accounts += 1;
  await page.goto(at(language, "/account/providers"));
  await page.click("form[action$='/unlink'] button");
  assert.ok(page.url().endsWith("done=unlinked"), page.url());
  // The provider asks again who it is, whoever is signed in there.
  await page.click("main a[href$='/account/providers/accounts/link']");
  assert.ok(page.url().startsWith(provider), page.url());
  await identify(page, person);
  assert.ok(page.url().endsWith("done=linked"), page.url());
  quiet(visit);
  await visit.close();
});

test("what ends badly at the provider has its page", withProvider, async () => {
  const visit = await visitor(browser, { script: false, viewport: phone });
  const { page } = visit;
  await signIn(visit, "nobody");
  assert.match(await page.locator("h1").innerText(), /pas identifié/);
  await signIn(visit, "child");
  assert.match(await page.locator("h1").innerText(), /15\sans/);
  await page.reload();
  assert.match(await page.locator("h1").innerText(), /pas de connexion en cours/);
  await visit.close();
});
