// Proposals come in, are answered, and become projects; then the budget, its rules and the schedule of its vote.
import assert from "node:assert/strict";
import { mailedCode, phone } from "../lib/site.mjs";
import { tick } from "../lib/browser.mjs";
import { agree, choose, comesTo, downloads, fill, follow, go, minutes, person, press, reads, submit, typed } from "./people.mjs";
import { earlierVote, money } from "./story.mjs";

// Somebody with an account, on a phone, without anything of the office.
export async function propose({ browser, city, words, story, process }) {
  const visit = await person(browser, city, words, { viewport: phone });
  const { page, language } = visit;
  const form = `${process.replace("/office", "")}/proposals/new`;
  await page.goto(`/${language}/register`);
  const email = `zoe@${city.domain}`;
  await fill(visit, { email });
  await submit(visit);
  await fill(visit, { code: await mailedCode(email) });
  await submit(visit);
  await fill(visit, { name: story.resident });
  await tick(page.locator("#terms"));
  await tick(page.locator("#age"));
  await submit(visit);
  for (const [title, body] of story.proposals) {
    await page.goto(form);
    await page.click("main button[value=title]");
    await fill(visit, { title });
    await page.click("main button[value=alike]");
    if (await page.locator("main button[value=details]").count()) await page.click("main button[value=details]");
    await fill(visit, { body });
    await page.click("main button[value=check]");
    await page.click("main button[value=send]");
    await reads(visit, "proposals-sent-title");
  }
  await visit.close();
}

export async function answer({ moderator, camera, story, language }) {
  await go(moderator, "");
  await reads(moderator, "office-proposals-task", { count: story.proposals.length });
  await go(moderator, "/proposals");
  await camera.take(moderator, "16-queue", "#queue", "main a[download]");
  const costs = [12_000, 28_000, 18_000];
  for (const [place, [title]] of story.proposals.entries()) {
    await go(moderator, "/proposals");
    await follow(moderator, title);
    if (place === 4) {
      await fill(moderator, { reason: story.hiddenReason });
      await camera.take(moderator, "18-hide", "section[aria-labelledby=moderation]");
      await press(moderator, "office-moderate-hide-do");
      await reads(moderator, "office-moderate-done-hidden");
      continue;
    }
    await choose(moderator, "decision", place === 3 ? "rejected" : "accepted");
    await fill(moderator, { answer: place === 3 ? story.rejected : story.accepted, cost: place === 3 ? "" : money(language, costs[place]) });
    if (place === 0) await camera.take(moderator, "17-answer", "section[aria-labelledby=answering]");
    await press(moderator, "office-answer-publish");
    await reads(moderator, "office-answer-done");
  }
}

export async function budget(journey) {
  const { officer, camera, story, language } = journey;
  const { page } = officer;
  await go(officer, "/budgets");
  await reads(officer, "office-budgets-none");
  await press(officer, "office-budgets-new");
  await fill(officer, { title: story.budget, amount: money(language, 60_000), most: "3" });
  await choose(officer, "rule", "equal-shares");
  await camera.take(officer, "20-ballot", "fieldset:has(#ballot)", "#most");
  await camera.take(officer, "21-rule", "fieldset:has(#rule)");
  await submit(officer);
  await reads(officer, "office-budget-done-created");
  await camera.look(officer);
  await press(officer, "office-import");
  await reads(officer, "office-import-which");
  for (const box of await page.locator("input[name=proposal]").all()) await tick(box);
  await camera.take(officer, "22-import", "main h1", "main form");
  await submit(officer);
  await reads(officer, "office-budget-done-imported");
  await press(officer, "office-table");
  await fill(officer, { table: story.badTable });
  await submit(officer);
  await page.locator(".error-summary").waitFor();
  await camera.look(officer);
  await fill(officer, { table: story.table });
  await submit(officer);
  await page.locator("main table").waitFor();
  await camera.look(officer);
  await submit(officer);
  await reads(officer, "office-budget-done-project");
  await follow(officer, story.proposals[1][0]);
  await fill(officer, { cost: money(language, 28_500) });
  await camera.look(officer);
  await submit(officer);
  await reads(officer, "office-budget-done-project");
  journey.budget = new URL(page.url()).pathname;
}

export async function tryOut({ officer, camera, story }) {
  const { page } = officer;
  await go(officer, "/budgets/try");
  await page.setInputFiles("#file", { name: "2025.pb", mimeType: "text/plain", buffer: Buffer.from(earlierVote(story)) });
  await submit(officer);
  await reads(officer, "office-try-results");
  await camera.take(officer, "23-try", "section[aria-labelledby=results]");
  const figures = await page.locator("section[aria-labelledby=results] .stats").allInnerTexts();
  assert.notEqual(figures[0], figures[1], "the rules differ on these ballots");
}

export async function schedule(journey) {
  const { officer } = journey;
  const { page } = officer;
  await plan(journey);
  await signOff(journey);
  await press(officer, "office-schedule-do");
  await reads(officer, "office-sure-missing");
  await agree(officer);
  await press(officer, "office-schedule-do");
  await reads(officer, "office-budget-done-scheduled");
  await press(officer, "office-budget-to-vote");
  await comesTo(officer, "office-vote-close");
  journey.poll = new URL(page.url()).pathname.split("/").at(-1);
}

async function plan({ officer, camera, budget }) {
  const { page } = officer;
  await page.goto(budget);
  await press(officer, "office-checklist");
  await reads(officer, "office-checklist-no-plan");
  await camera.look(officer);
  await press(officer, "office-checklist-plan");
  const { day, time } = typed(minutes(-1));
  await fill(officer, { open_day: day, open_time: time, paper_days: "0" });
  await camera.take(officer, "24-schedule", "main h1", "#age");
  await fill(officer, { open_day: "2019-01-01" });
  await submit(officer);
  await reads(officer, "office-schedule-open-wrong");
  await camera.look(officer);
  await fill(officer, { open_day: day, open_time: time });
  await submit(officer);
  await reads(officer, "office-schedule-electors", { count: 9 });
  await camera.take(officer, "25-schedule-check", ".notice", "#electors");
  await press(officer, "office-checklist-to-sign");
  await reads(officer, "office-checklist-done-planned");
}

// Every item is checked, and two people sign. A change in between takes the first signature away.
async function signOff({ officer, second, camera }) {
  const { page } = officer;
  const list = page.url().split("?")[0];
  for (const place of [0, 1, 2, 3, 4]) {
    await page.locator("main dl dd.change a[href*='/checklist/']").nth(place).click();
    if (place === 0) await camera.look(officer);
    await tick(page.locator("input[name=state]").nth(1));
    await submit(officer);
    await reads(officer, "office-checklist-done-checked");
  }
  await camera.take(officer, "25-checklist", "main dl:has(a[href*='/checklist/'])");
  await sign(officer, list);
  await second.page.goto(`${list}/alerts`);
  await fill(second, { note: second.words.language === "en" ? "On call: the technical department." : "Astreinte : le service technique." });
  await submit(second);
  await reads(second, "office-checklist-lost-items");
  await camera.look(second);
  await sign(second, list);
  await sign(officer, list);
}

async function sign(visit, list) {
  await visit.page.goto(list);
  await agree(visit);
  await press(visit, "office-checklist-sign");
  await reads(visit, "office-checklist-done-signed");
}

// What the auditor reads, keeps and cannot do.
export async function audit(journey) {
  const { auditor, camera, story } = journey;
  const { page } = auditor;
  await go(auditor, "/me");
  await camera.take(auditor, "32-auditor");
  await go(auditor, "/processes");
  assert.equal(await page.locator("main .button").count(), 0);
  await go(auditor, "/staff/new");
  assert.equal(await page.locator("main form").count(), 0);
  await go(auditor, "/proposals");
  const proposals = await downloads(auditor, () => press(auditor, "office-proposals-export"));
  for (const [title] of story.proposals) assert.ok(proposals.includes(title), `${title} is in the file`);
  await page.goto(journey.budget);
  await camera.take(auditor, "33-open-data", "section:has(a[href*='.pb'])");
  const ballots = await downloads(auditor, () => page.click("main a[href*='.pb']"));
  assert.match(ballots, /^META/);
  assert.ok(ballots.includes("num_votes;5"), ballots.slice(0, 600));
}
