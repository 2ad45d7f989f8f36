// Signing at a certified provider and without one: three pages, a receipt, its proof; with script and without, on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { at, cast, launch, overflow, trackingCode, visitor } from "./lib/browser.mjs";
import { issuer, openSheet, until } from "./lib/sheets.mjs";
import { phone, report } from "./lib/site.mjs";

let browser;
let signed = 0;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser.close();
  report(`signatures: ${signed} given`);
});

const withProvider = { skip: issuer ? false : "no OpenID provider: scripts/install openid" };
const provider = issuer && new URL(issuer).origin;
// Everything but the way to the provider, which is the browser's own.
const quiet = ({ complaints }) => assert.deepEqual(complaints.filter((one) => !provider || !one.includes(provider)), []);

// From the sheet to the provider, and back as this person.
async function signIn({ page, language }, sheet, person, acr = "eidas1") {
  await page.goto(at(language, `/votes/${sheet}`));
  assert.equal(await overflow(page), 0);
  await page.click(`main a[href$="/sign-in/provider/certified/${sheet}"]`);
  // The provider sends somebody whom it knows already straight back.
  if (!new URL(page.url()).pathname.endsWith("/sign-in/provider")) {
    assert.ok(page.url().startsWith(provider), page.url());
    assert.ok(!page.url().includes(sheet.replaceAll("-", "")) && !page.url().includes(sheet), "the provider learns of no poll");
    await page.fill("input[name=person]", person);
    await page.fill("input[name=acr]", acr);
    await page.click("button");
  }
  await page.waitForURL((url) => url.pathname.endsWith("/sign-in/provider"));
  assert.equal(await overflow(page), 0);
}

async function sign({ page }) {
  await cast(page);
  await page.waitForSelector(".confirmation");
  assert.equal(await overflow(page), 0);
  signed += 1;
  return trackingCode(page);
}

// From the receipt to the place in the log, which it has two seconds after its signature.
async function prove({ page }) {
  await page.click("form[action$='/prove'] button");
  await until("the signature is in the log", async () => {
    if (await page.locator(".notice.success").count()) return true;
    await page.click("form[action$='/prove'] button");
    return false;
  });
  assert.equal(await overflow(page), 0);
  assert.equal(await page.locator("main ol > li").count() >= 3, true);
}

for (const [script, language] of [[true, "fr"], [false, "en"]]) {
  test(`somebody signs and proves it (${script ? "with" : "without"} script, ${language})`, withProvider, async () => {
    const sheet = await openSheet({ title: `Signée ${script ? "avec" : "sans"} script` });
    const visit = await visitor(browser, { script, viewport: phone, language });
    const { page } = visit;
    await signIn(visit, sheet, "ada");
    // The answer of the provider stays in no history.
    if (script) assert.equal(new URL(page.url()).search, "");
    const code = await sign(visit);
    assert.ok(!page.url().includes("permit"), page.url());
    await prove(visit);

    // A second time it is the same signature: a refusal, which the browser notes.
    quiet(visit);
    await signIn(visit, sheet, "ada");
    await cast(page);
    await page.waitForURL((url) => url.pathname.endsWith("/cast"));
    assert.match(await page.locator("h1").innerText(), /déjà signé|already signed/);
    visit.complaints.length = 0;

    await page.goto(at(language, `/votes/${sheet}/signatures`));
    assert.equal((await page.locator(".stats dd").innerText()).trim(), "1");
    assert.equal((await page.locator("svg.line-chart text.value").last().textContent()).trim(), "1");
    assert.equal(await overflow(page), 0);
    // What a camera reads fills the field in, and leaves the address.
    await page.goto(at(language, `/votes/${sheet}/prove#${code}`));
    if (script) {
      assert.equal(await page.locator("#code").inputValue(), code);
      assert.ok(!page.url().includes("#"));
    }
    quiet(visit);
    await visit.close();
  });
}

test("the count grows while one looks", withProvider, async () => {
  const sheet = await openSheet({ title: "Regardée" });
  const looking = await visitor(browser, {});
  await looking.page.goto(at("fr", `/votes/${sheet}`));
  assert.equal((await looking.page.locator(".stats dd").innerText()).trim(), "0");
  const signing = await visitor(browser, { script: false });
  await signIn(signing, sheet, "person-1");
  await sign(signing);
  await until("the count", async () => (await looking.page.locator(".stats dd").innerText()).trim() === "1");
  quiet(looking);
  await looking.close();
  await signing.close();
});

test("what goes wrong at the provider has its page", withProvider, async () => {
  const visit = await visitor(browser, { script: false, viewport: phone });
  const { page } = visit;
  const [sheet, high] = [await openSheet({}), await openSheet({ level: "eidas2" })];
  await signIn(visit, sheet, "nobody");
  assert.match(await page.locator("h1").innerText(), /pas identifié/);
  await signIn(visit, high, "ada", "eidas1");
  assert.match(await page.locator("h1").innerText(), /pas assez sûr/);
  // The page again: its answer is spent.
  await page.reload();
  assert.match(await page.locator("h1").innerText(), /pas de signature en cours/);
  quiet(visit);
  await visit.close();
});

test("a signature is taken back", withProvider, async () => {
  const visit = await visitor(browser, { script: false, viewport: phone });
  const { page } = visit;
  const sheet = await openSheet({ withdrawable: true });
  await signIn(visit, sheet, "ada");
  await sign(visit);
  await signIn(visit, sheet, "ada");
  await page.click("form[action$='/withdraw'] button");
  await page.click("form[action$='/withdraw'] button[value=withdraw]");
  await page.waitForSelector(".confirmation");
  assert.equal(await overflow(page), 0);
  quiet(visit);
  await visit.close();
});

test("an open sheet is signed without a provider", async () => {
  const sheet = await openSheet({ basis: "ELIGIBILITY_BASIS_ANYONE" });
  const visit = await visitor(browser, { viewport: phone });
  await visit.page.goto(at("fr", `/votes/${sheet}`));
  await visit.page.click(`main a[href$="/votes/${sheet}/sign"]`);
  await sign(visit);
  await prove(visit);
  quiet(visit);
  await visit.close();
});
