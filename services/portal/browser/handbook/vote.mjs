// The vote itself: online, on paper, its close, its result, and what becomes of it.
import assert from "node:assert/strict";
import { cast, checkBallot, fillBallot, tick } from "../lib/browser.mjs";
import { phone } from "../lib/site.mjs";
import { agree, comesTo, fill, follow, go, person, press, reads, submit } from "./people.mjs";
import { money, residents } from "./story.mjs";

// By the letter, on a phone. The places of projects on the ballot.
export async function voteOnline({ browser, city, words, codes, camera, poll }) {
  const ballots = [[2, 0], [2, 4, 3], [1]];
  for (const [place, choice] of ballots.entries()) {
    const visit = await person(browser, city, words, { viewport: phone });
    const { page, language } = visit;
    const { number } = residents[place];
    await page.goto(`/${language}/sign-in/letter?return=${encodeURIComponent(`/${language}/votes/${poll}`)}`);
    await fill(visit, { number, code: codes.get(number) });
    await submit(visit);
    await page.locator("form[data-ballot]").waitFor();
    await fillBallot(page, "approval", choice);
    if (place === 0) {
      await page.locator("#ballot").evaluate((part) => part.scrollIntoView());
      await camera.take(visit, "26-ballot-phone", camera.screen);
    }
    await checkBallot(page);
    await cast(page);
    await page.locator(".confirmation").waitFor();
    await visit.close();
  }
}

// From the first field on by the keyboard alone.
async function type({ page }, rows) {
  await page.locator("#number-0").focus();
  for (const cells of rows) {
    for (const text of cells) {
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type(text);
      await page.keyboard.press("Tab");
    }
  }
  await page.keyboard.press("Shift+Tab");
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
}

// Tab reaches it, in so many steps at most, and Enter follows it.
async function reach({ page }, part) {
  const wanted = await part.elementHandle();
  for (let step = 0; step < 80; step += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the keyboard does not reach ${await part.innerText()}`);
}

export async function paper(journey) {
  const { officer, second, camera, story, poll } = journey;
  const { page } = officer;
  await go(officer, `/paper/${poll}/form`);
  await camera.take(officer, "27-paper-form", ".paper-form");
  await go(officer, `/paper/${poll}`);
  await camera.look(officer);
  await reach(officer, page.locator("#title"));
  await page.keyboard.type(story.box);
  await page.keyboard.press("Enter");
  await reads(officer, "office-batch-be-first");
  const box = new URL(page.url()).pathname;
  await type(officer, [["1", "1004", "3 1"], ["2", "9999", "7"]]);
  await reads(officer, "office-entry-unknown", { word: "7" });
  // What is wrong is where the keyboard is sent to by the summary of errors.
  await camera.take(officer, "28-paper-entry", "section.entry h2", "#marks-7");
  await page.locator("#marks-1").focus();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("b");
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  await reads(officer, "office-entry-not-in-roll");
  await page.locator("#member-1").focus();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("1005");
  await page.keyboard.press("Enter");
  await reads(officer, "office-entry-own", { count: 2 });
  await type(officer, [["3", "1006", "3"], ["4", residents[0].number, "2"]]);
  await reads(officer, "office-entry-own", { count: 4 });

  await second.page.goto(box);
  await reads(second, "office-batch-be-second");
  await type(second, [["1", "1004", "3 2"], ["2", "1005", "b"], ["3", "1006", "3"], ["4", residents[0].number, "2"]]);
  await reads(second, "office-batch-differences", { count: 1 });
  await camera.take(second, "29-differences", "section[aria-labelledby=differences]");
  await type(second, [["1", "1004", "3 1"]]);
  await reads(second, "office-batch-lead-agreed");
  const commit = second.page.locator("main a[href$='/commit']");
  await reach(second, commit);
  await second.page.keyboard.press("Enter");
  await reads(second, "office-batch-commit-forgets");
  await camera.look(second);
  await reach(second, second.page.locator("#sure"));
  await second.page.keyboard.press("Space");
  await reach(second, second.page.locator("main form button"));
  await second.page.keyboard.press("Enter");
  await reads(second, "office-batch-done-committed");
  // Who had voted online is not counted twice.
  await second.page.goto(box);
  await reads(second, "office-rejected-online");
  await camera.look(second);
}

export async function closeAndPublish(journey) {
  const { second, camera, story, poll } = journey;
  const { page } = second;
  await go(second, `/votes/${poll}`);
  await reads(second, "office-vote-no-interim");
  await camera.take(second, "30-turnout");
  await press(second, "office-vote-close");
  await fill(second, { reason: story.closeReason });
  await agree(second);
  await camera.take(second, "31-close");
  await submit(second);
  await comesTo(second, "office-vote-follow-up");
  await reads(second, "office-vote-lead-published");
  await camera.look(second);
  await press(second, "budgets-see-result");
  await reads(second, "result-funded");
  await camera.take(second, "34-result", "main h1", "main table");
  assert.ok((await page.locator("main").innerText()).includes(story.proposals[0][0]));
}

export async function followUp(journey) {
  const { officer, camera, story, poll, browser, city, words } = journey;
  const { page, language } = officer;
  await go(officer, `/votes/${poll}`);
  await press(officer, "office-vote-follow-up");
  await camera.look(officer);
  const [title] = story.proposals[0];
  await follow(officer, title);
  await tick(page.locator("input[name=status]").nth(1));
  await fill(officer, { percent: "60", spent: money(language, 7_200), note: story.news });
  await camera.take(officer, "35-progress", "main h1", "main form");
  await submit(officer);
  await reads(officer, "office-budget-done-reported");
  await follow(officer, title);
  await page.click("main a[href*='/projects/']:not([href*='/office/'])");
  const visitor = await person(browser, city, words);
  await visitor.page.goto(page.url());
  assert.ok((await visitor.page.locator("main").innerText()).includes(story.news));
  await camera.take(visitor, "36-project");
  await visitor.close();
}
