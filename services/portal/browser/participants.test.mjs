// A participant's way: register, choose a name, propose, add a photo, become a verified resident, look at everything, erase.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { at, launch, overflow, quiet, tick, visitor } from "./lib/browser.mjs";
import { enter, officer } from "./lib/office.mjs";
import { api, base, code, desk, mailedCode, members, phone, report } from "./lib/site.mjs";

let browser;
let ways = 0;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser.close();
  report(`participants: ${ways} accounts from their beginning to their end`);
});

// The smallest photo that there is.
const photo = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

const send = (page) => page.click("main form button[type=submit]:not([formaction])");

for (const [place, way] of [
  { script: true, viewport: phone, language: "fr" },
  { script: false, viewport: desk, language: "en" },
].entries()) {
  const how = `${way.script ? "with" : "without"} script, ${way.viewport.width} px, ${way.language}`;
  test(`somebody registers, proposes and is forgotten (${how})`, async () => {
    const visit = await visitor(browser, way);
    const { page, language } = visit;
    const address = `participant-${place}-${Date.now()}@villeneuve.example`;
    const name = `Zoë ${place} d’Arc`;

    // From the page of a process to the account, and back to where it began.
    const { processes } = await api("processes");
    const process = processes.find((one) => one.currentPhase?.kind === "PHASE_KIND_SUBMISSION");
    const proposing = `/processes/${process.processId.replaceAll("-", "")}/proposals/new`;
    await page.goto(at(language, proposing));
    assert.ok(page.url().includes("/sign-in?return="), page.url());
    await page.click("main a[href*='/register']");
    await page.fill("#email", address);
    await send(page);
    await page.fill("#code", "000000000000");
    await send(page);
    assert.ok(await page.locator("[role=alert]").isVisible(), "a wrong code is said to be wrong");
    await page.fill("#code", await mailedCode(address));
    await send(page);
    assert.ok(page.url().includes("/account/welcome?return="), page.url());
    assert.equal(await overflow(page), 0, "the page of the name");
    await send(page);
    assert.equal(await page.locator(".error-summary li").count(), 3, "name, terms and age are asked for");
    await page.fill("#name", name);
    await tick(page.locator("#terms"));
    await tick(page.locator("#age"));
    await send(page);
    assert.ok(page.url().includes("/proposals/new"), page.url());

    await page.click("main button[value=title]");
    const title = `A shelter for bicycles at the station, ${address}`.slice(0, 140).replace("@", " at ");
    await page.fill("#title", title);
    await page.click("main button[value=alike]");
    if (await page.locator("main button[value=details]").count()) await page.click("main button[value=details]");
    await page.fill("#body", "There is nowhere to leave a bicycle when it rains.");
    await page.click("main button[value=check]");
    await page.click("main button[value=send]");
    assert.match(page.url(), /done=sent/);
    const shown = page.url().split("?")[0];
    await page.goto(shown);
    assert.ok((await page.locator("main").innerText()).includes(name), "the name stands beside the proposal");

    // A photo of the place, after a file that is none.
    await page.click("main a[href$='/files']");
    assert.equal(await overflow(page), 0, "the page of the files");
    await page.click("main a[href$='/files/new']");
    for (const [buffer, taken] of [[Buffer.from("\x7fELF\x02\x01\x01"), false], [photo, true]]) {
      await tick(page.locator("input[name=kind][value=photo]"));
      await page.fill("#title", "The station");
      await page.fill("#alternative_text", "A station without a shelter");
      await page.setInputFiles("#file", { name: "IMG_0001.PNG", mimeType: "image/png", buffer });
      await send(page);
      assert.equal(page.url().includes("done=added"), taken, page.url());
    }
    await page.goto(shown);
    const source = await page.locator("figure img").getAttribute("src");
    assert.equal((await fetch(`${base}${source}`)).headers.get("content-type"), "image/jpeg");

    // A resident by the letter.
    const member = members.participants[place];
    await page.goto(at(language, "/account/resident"));
    await page.fill("#number", String(member));
    await page.fill("#code", await code(member));
    await page.click("main button[value=letter]");
    assert.ok(await page.locator(".notice.success").isVisible(), "verified");
    await page.goto(at(language, "/votes"));
    assert.ok((await page.locator("main a[href*='/votes/']").count()) > 0);

    // Everything that is kept, and the sessions.
    await page.goto(at(language, "/account"));
    assert.ok((await page.locator("main").innerText()).includes(name));
    await page.goto(at(language, "/account/sessions"));
    assert.equal(await page.locator("ul.sessions > li").count(), 1);
    await page.goto(at(language, "/account/data"));
    assert.equal(await overflow(page), 0, "the page of the data");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("main a[href$='data.json']")]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    const file = JSON.parse(Buffer.concat(chunks).toString());
    assert.equal(file.displayName, name);
    assert.equal(file.proposals[0].title, title);
    assert.equal(file.attachments[0].alternativeText, "A station without a shelter");

    // Another name is shown everywhere.
    await page.goto(at(language, "/account/profile"));
    await page.fill("#name", `${name} II`);
    await send(page);
    assert.match(page.url(), /\/account\?done=saved$/);

    await page.goto(at(language, "/account/erase"));
    await send(page);
    assert.ok(await page.locator("[role=alert]").isVisible(), "erasing is asked for twice");
    await tick(page.locator("#sure"));
    await send(page);
    await page.goto(at(language, "/account"));
    assert.ok(page.url().includes("/sign-in"), "nobody is signed in any more");
    for (let look = 0; ; look += 1) {
      await page.goto(shown);
      const text = await page.locator("main").innerText();
      const photos = await page.locator("figure img").count();
      if (text.includes(title) && !text.includes(name) && photos === 0) break;
      assert.ok(look < 100, "the proposal stays, without the name and the photo");
      await page.waitForTimeout(100);
    }
    quiet(visit);
    await visit.close();
    ways += 1;
  });
}

// Registers with a new address and claims the member by the letter.
async function claim(name, member) {
  const visit = await visitor(browser, { script: false, viewport: phone });
  const { page } = visit;
  const address = `${name}-${Date.now()}@villeneuve.example`;
  await page.goto(at("fr", "/register"));
  await page.fill("#email", address);
  await send(page);
  await page.fill("#code", await mailedCode(address));
  await send(page);
  await page.fill("#name", name);
  await tick(page.locator("#terms"));
  await tick(page.locator("#age"));
  await send(page);
  await page.goto(at("fr", "/account/resident"));
  await page.fill("#number", String(member));
  await page.fill("#code", await code(member));
  await page.click("main button[value=letter]");
  return { visit, address };
}

test("two accounts claim one resident, and the team decides", async () => {
  const first = await claim("Prune", members.claimed);
  assert.ok(await first.visit.page.locator(".notice.success").isVisible(), "the first is verified");
  const second = await claim("Quentin", members.claimed);
  assert.match(await second.visit.page.locator("h1").innerText(), /équipe va examiner/);

  const team = await officer(browser, { base });
  await enter(team, "admin@villeneuve.example");
  assert.match(await team.page.locator("main").innerText(), /en conflit/);
  await team.go("/residents");
  await team.page.click(`main table a:has-text("${members.claimed}")`);
  const told = await team.page.locator("main").innerText();
  for (const known of ["Prune", "Quentin", first.address, second.address]) assert.ok(told.includes(known), known);
  assert.equal(await overflow(team.page), 0);
  await team.page.click("main a[href$='/move']");
  await team.page.click("main form button.danger");
  assert.ok(await team.page.locator("[role=alert]").isVisible(), "the decision is asked for twice");
  await tick(team.page.locator("#sure"));
  await team.page.click("main form button.danger");
  await team.page.locator(".notice.success").waitFor();

  const after = [first, second].map(async ({ visit }) => {
    await visit.page.goto(at("fr", "/account/resident"));
    return visit.page.locator(".notice.success").count();
  });
  assert.deepEqual(await Promise.all(after), [0, 1], "the second is the resident's account now");
  for (const one of [first.visit, second.visit, team]) {
    quiet(one);
    await one.close();
  }
});

test("the answer for an address that is known is that for any other", async () => {
  const visit = await visitor(browser, { script: false, viewport: phone });
  const { page } = visit;
  const answer = async (address) => {
    await page.goto(at("fr", "/register"));
    await page.fill("#email", address);
    await send(page);
    const text = await page.locator("main").innerText();
    return text.replaceAll(address, "…");
  };
  const known = await answer("camille@villeneuve.example");
  assert.equal(await answer(`nobody-${Date.now()}@villeneuve.example`), known);
  quiet(visit);
  await visit.close();
});
