// The ways that people go: with script and without, on a phone and at a desk, in both languages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { at, cast, checkBallot, fillBallot, launch, overflow, quiet, signIn, tick, trackingCode, visitor } from "./lib/browser.mjs";
import { api, code, desk, kinds, mailedCode, members, phone, polls, report } from "./lib/site.mjs";

let browser;
let open;
let steps = 0;
before(async () => {
  browser = await launch();
  open = await polls();
});
after(async () => {
  await browser.close();
  report(`journeys: ${steps} ballots cast and looked up`);
});

const ways = [
  { script: true, viewport: phone, language: "fr" },
  { script: false, viewport: phone, language: "en" },
  { script: true, viewport: desk, language: "en" },
  { script: false, viewport: desk, language: "fr" },
];
const name = (way) => `${way.script ? "with" : "without"} script, ${way.viewport.width} px, ${way.language}`;

for (const [place, way] of ways.entries()) {
  test(`a resident votes in every way there is (${name(way)})`, async () => {
    const visit = await visitor(browser, way);
    const { page } = visit;
    await page.goto(at(way.language));
    await signIn(visit, members.journeys[place]);
    // Each way changes its mind in two votes; together they do in all that allow it.
    for (const [number, kind] of kinds.entries()) await vote(visit, kind, open[kind], number % 3 === place % 3);
    quiet(visit);
    await visit.close();
  });
}

// From the list to the receipt and to the look-up, and once more with another choice.
async function vote(visit, kind, poll, again) {
  const { page, language } = visit;
  await page.goto(at(language, "/votes"));
  await page.click(`main a[href$="/votes/${poll.pollId}"]`);
  assert.equal(await page.locator("form[data-ballot] .options > li").count(), poll.options.length);
  await fillBallot(page, kind, [1, 0]);
  await checkBallot(page);
  assert.ok((await page.locator("main").innerText()).includes(poll.options[1].title), `${kind}: the check shows the choice`);
  // Back to the ballot: nothing is lost.
  await page.click("form[data-cast] button[value=change]");
  await checkBallot(page);
  await cast(page);
  await page.waitForSelector(".confirmation");
  const first = await trackingCode(page);
  await counted(visit, poll, first);
  steps += 1;
  if (!again || !poll.recastAllowed) return;
  await page.goto(at(language, `/votes/${poll.pollId}`));
  await fillBallot(page, kind, [0]);
  if (kind === "knapsack") await tick(page.locator("input[name=choice]").nth(1));
  await checkBallot(page);
  await cast(page);
  await page.waitForSelector(".confirmation");
  const second = await trackingCode(page);
  assert.notEqual(second, first, kind);
  await counted(visit, poll, second);
  // The first ballot does not count any more, and its receipt says so.
  await page.goto(at(language, `/receipts/${poll.pollId}?code=${encodeURIComponent(first)}`));
  assert.equal(await page.locator(".notice.success").count(), 0);
  assert.equal(await page.locator(".notice.info").count(), 1);
  steps += 1;
}

// Anybody finds the ballot by its code, in the page and by the API.
async function counted({ page, language }, poll, tracking) {
  await page.goto(at(language, `/receipts/${poll.pollId}`));
  await page.fill("#code", tracking);
  await page.click("main form button[type=submit]");
  assert.equal(await page.locator(".notice.success").count(), 1, `${tracking} is counted`);
  const found = await api(`polls/${poll.pollId}/trackingCodes/${encodeURIComponent(tracking)}`);
  assert.equal(found.state, "TRACKED_STATE_COUNTED");
}

test("a ballot that breaks the rules comes back with what is wrong, and keeps what was chosen", async () => {
  for (const script of [true, false]) {
    const visit = await visitor(browser, { script, viewport: phone });
    const { page } = visit;
    await signIn(visit, members.journeys[0]);
    const poll = open.approval;
    await page.goto(at("fr", `/votes/${poll.pollId}`));
    const boxes = page.locator("input[name=choice]");
    for (let place = 0; place <= poll.specification.maxChoices; place += 1) await tick(boxes.nth(place));
    await checkBallot(page);
    assert.ok(await page.locator("[role=alert]").isVisible());
    assert.match(await page.title(), /^Erreur/);
    assert.equal(await page.locator("input[name=choice]:checked").count(), poll.specification.maxChoices + 1);
    quiet(visit);
    await visit.close();
  }
});

test("the list of a long ballot is narrowed without losing what was chosen", async () => {
  for (const script of [true, false]) {
    const visit = await visitor(browser, { script, viewport: phone });
    const { page } = visit;
    await signIn(visit, members.journeys[1]);
    await page.goto(at("fr", `/votes/${open.approval.pollId}`));
    await tick(page.locator("input[name=choice]").nth(0));
    await page.fill("input[name=find]", "mediatheque");
    await page.click("form[data-ballot] .ballot-filter button");
    assert.equal(await page.locator(".options > li:visible").count(), 1);
    await tick(page.locator(".options > li:visible input[name=choice]"));
    await checkBallot(page);
    assert.equal(await page.locator(".ballot-choices > li").count(), 2);
    quiet(visit);
    await visit.close();
  }
});

test("a ranking is put in order by its buttons", async () => {
  const visit = await visitor(browser, { viewport: phone });
  const { page } = visit;
  await signIn(visit, members.journeys[2]);
  await page.goto(at("fr", `/votes/${open.ranking.pollId}`));
  const add = page.locator(".options > li .numbered button");
  await add.nth(2).click();
  await add.nth(0).click();
  await page.locator("[data-chosen] [data-up]:not(:disabled)").click();
  await checkBallot(page);
  const chosen = await page.locator(".ballot-choices > li").allInnerTexts();
  assert.ok(chosen[0].includes(open.ranking.options[0].title) && chosen[1].includes(open.ranking.options[2].title));
  quiet(visit);
  await visit.close();
});

test("the code of the letter's QR comes in the fragment, fills the form, and goes from the address", async () => {
  const visit = await visitor(browser, { viewport: phone });
  const { page } = visit;
  const member = members.journeys[3];
  await page.goto(at("fr", `/sign-in/letter#n=${member}&c=${encodeURIComponent(await code(member))}`));
  assert.equal(await page.inputValue("#number"), String(member));
  assert.ok(!page.url().includes("#"));
  await page.click("main form button[type=submit]");
  assert.ok(page.url().endsWith("/fr/votes"), page.url());
  quiet(visit);
  await visit.close();
});

test("somebody signs in by e-mail, and is led back to where they were", async () => {
  const visit = await visitor(browser, { script: false, viewport: phone, language: "en" });
  const { page } = visit;
  await page.goto(at("en", "/account"));
  assert.ok(page.url().includes("/en/sign-in?return="));
  await page.click("main a[href*='/sign-in/email']");
  await page.fill("#email", "camille@villeneuve.example");
  await page.click("main form button[type=submit]");
  await page.fill("#code", "000000");
  await page.click("main form button[type=submit]");
  assert.ok(await page.locator("[role=alert]").isVisible());
  await page.fill("#code", await mailedCode("camille@villeneuve.example"));
  await page.click("main form button[type=submit]");
  assert.ok(page.url().endsWith("/en/account"), page.url());
  quiet(visit);
  await visit.close();
});

test("who may not vote reads why", async () => {
  for (const [member, poll] of [
    [members.elsewhere, open.gare],
    [members.child, open.approval],
    [members.elsewhere, open.coming],
    [members.elsewhere, open.over],
  ]) {
    const visit = await visitor(browser, { script: false, viewport: phone });
    await signIn(visit, member);
    const answer = await visit.page.goto(at("fr", `/votes/${poll.pollId}`));
    assert.ok(answer.status() < 500 && (await visit.page.locator("form[data-ballot]").count()) === 0, poll.title);
    assert.ok(await visit.page.locator("main h1").isVisible());
    quiet(visit);
    await visit.close();
  }
});

for (const [place, way] of [ways[0], ways[3]].entries()) {
  test(`a resident proposes something that others have proposed (${name(way)})`, async () => {
    const visit = await visitor(browser, way);
    const { page } = visit;
    const { processes } = await api("processes");
    const process = processes.find((one) => one.currentPhase?.kind === "PHASE_KIND_SUBMISSION");
    await signIn(visit, members.proposer[place]);
    await page.goto(at(way.language, `/processes/${process.processId.replaceAll("-", "")}`));
    await page.click("main a[href$='/proposals/new']");
    await page.click("main button[value=title]");
    await page.click("main button[value=alike]");
    assert.ok(await page.locator("[role=alert]").isVisible(), "a title is asked for");
    const title = `Trees and benches along the canal, number ${place}`;
    await page.fill("#title", title);
    await page.click("main button[value=alike]");
    assert.ok((await page.locator("main .cards").innerText()).includes("Trees and benches along the canal"));
    await page.click("main button[value=details]");
    await page.fill("#body", "It is hot there in summer, and there is nowhere to sit.");
    await page.selectOption("#area", { index: 1 });
    await page.click("main button[value=check]");
    assert.ok((await page.locator("main").innerText()).includes(title));
    await page.click("main button[value=send]");
    assert.match(page.url(), /\/proposals\/trees-and-benches.*done=sent/);
    await page.goto(at(way.language, "/my-proposals"));
    assert.ok((await page.locator("main").innerText()).includes(title));
    quiet(visit);
    await visit.close();
  });
}

for (const way of [ways[0], ways[3]]) {
  test(`a result is read and taken home (${name(way)})`, async () => {
    const visit = await visitor(browser, way);
    const { page } = visit;
    const { budget } = await api(`polls/${open.over.pollId}/budget`);
    await page.goto(at(way.language, `/budgets/${budget.budgetId.replaceAll("-", "")}/result`));
    const { result } = await api(`budgets/${budget.budgetId}/result`);
    const text = await page.locator("main").innerText();
    for (const { title } of result.outcomes) assert.ok(text.includes(title), title);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("main a[href$='result.pb']")]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    const file = Buffer.concat(chunks).toString();
    const exported = await api(`budgets/${budget.budgetId}/result:export`);
    assert.equal(file, exported.content);
    quiet(visit);
    await visit.close();
  });
}

test("the booth by keyboard alone", async () => {
  const visit = await visitor(browser, { viewport: desk });
  const { page } = visit;
  const press = async (key, times = 1) => {
    for (let time = 0; time < times; time += 1) await page.keyboard.press(key);
  };
  // Goes on with Tab until what has the focus matches; every stop on the way must be seen.
  const tabTo = async (selector) => {
    for (let stop = 0; stop < 200; stop += 1) {
      await press("Tab");
      const { found, seen, what } = await page.evaluate((selector) => {
        const now = document.activeElement;
        const box = now.getBoundingClientRect();
        const style = getComputedStyle(now);
        const marked = style.outlineStyle !== "none" || style.boxShadow !== "none" || now.matches("input");
        // What sticks to the window's edge must not lie over it (WCAG 2.4.11).
        const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
        const label = now.labels?.[0];
        const free = [now, label].some((one) => one?.contains(top) || top?.contains(one ?? now));
        return {
          found: now.matches(selector),
          seen: box.bottom > 0 && box.top < innerHeight && marked && free,
          what: now.outerHTML.slice(0, 120),
        };
      }, selector);
      assert.ok(seen, `the focus is seen: ${what}`);
      if (found) return;
    }
    assert.fail(`Tab does not come to ${selector}`);
  };
  await page.goto(at("fr", "/sign-in/letter"));
  await press("Tab");
  await press("Enter");
  assert.match(page.url(), /#main$/, "the first stop leads to the content");
  await tabTo("#number");
  await page.keyboard.type(String(members.keyboard));
  await tabTo("#code");
  await page.keyboard.type(await code(members.keyboard));
  await press("Enter");
  await page.waitForURL(/\/votes$/);
  await tabTo(`a[href$="/votes/${open.knapsack.pollId}"]`);
  await press("Enter");
  await page.waitForSelector("form[data-ballot]");
  await tabTo("input[name=choice]");
  await press("Space");
  await tabTo("form[data-ballot] button[value=check]");
  await press("Enter");
  await page.waitForSelector("form[data-cast]");
  await tabTo("form[data-cast] button[type=submit]:not([formaction])");
  await press("Enter");
  await page.waitForSelector(".confirmation");
  assert.ok(await trackingCode(page));
  quiet(visit);
  await visit.close();
});

test("nothing is wider than a window of 320 px in the booth", async () => {
  const visit = await visitor(browser, { viewport: { width: 320, height: 640 } });
  const { page } = visit;
  await signIn(visit, members.journeys[0]);
  for (const kind of kinds) {
    await page.goto(at("fr", `/votes/${open[kind].pollId}`));
    assert.equal(await overflow(page), 0, `${kind}: ballot`);
    await fillBallot(page, kind, [1, 0]);
    assert.equal(await overflow(page), 0, `${kind}: filled in`);
    await checkBallot(page);
    assert.equal(await overflow(page), 0, `${kind}: check`);
  }
  await visit.close();
});
