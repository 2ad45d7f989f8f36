// The first chapters: an organization, its team, areas, the roll and its letters, a process with its calendar.
import assert from "node:assert/strict";
import { tick } from "../lib/browser.mjs";
import { agree, colleague, days, downloads, fill, go, minutes, press, reads, submit, typed, upload } from "./people.mjs";
import { residents, rollFile, team, wrongRollFile } from "./story.mjs";

export async function organization(journey) {
  const { administrator, camera, story } = journey;
  const { page } = administrator;
  await reads(administrator, "office-home-title");
  await camera.take(administrator, "01-home");
  await go(administrator, "/organization/profile");
  await fill(administrator, { name: story.city, contact: "participer@montfleury.example", country: "FR" });
  await tick(page.locator("input[name=languages][value=fr]"));
  await tick(page.locator("input[name=languages][value=en]"));
  await tick(page.locator("#registration"));
  await camera.take(administrator, "02-organization", "main h1", "main form");
  await submit(administrator);
  await reads(administrator, "office-org-saved");
  await go(administrator, "/organization/colour");
  await fill(administrator, { colour: "#3d9be9" });
  await submit(administrator);
  await camera.take(administrator, "03-colour", ".error-summary", "main form");
  const shade = /#[0-9a-f]{6}/.exec(await page.locator("#colour-error").innerText())[0];
  await fill(administrator, { colour: shade });
  await submit(administrator);
  for (const [text, body] of [["welcome", story.welcome], ["terms", story.terms]]) {
    await go(administrator, `/organization/texts/${text}`);
    await fill(administrator, { [`body-${administrator.language}`]: body });
    if (text === "terms") await camera.take(administrator, "04-text", "main h1", "main form");
    await submit(administrator);
    await reads(administrator, "office-org-saved");
  }
}

export async function people(journey) {
  const { administrator, camera, city } = journey;
  const { page } = administrator;
  for (const [name, address, role] of team) {
    await go(administrator, "/staff/new");
    await fill(administrator, { name, email: `${address}@${city.domain}` });
    await tick(page.locator("input[name=roles]").nth(role));
    if (role === 1) await camera.take(administrator, "05-colleague", "main h1", "main form");
    await submit(administrator);
    await reads(administrator, "office-staff-added");
  }
  await camera.take(administrator, "06-team", "main h1", "main table");
}

export async function areas(journey) {
  const { administrator, camera, story } = journey;
  await go(administrator, "/areas");
  await reads(administrator, "office-areas-none");
  await press(administrator, "office-areas-new");
  await fill(administrator, { title: story.areas[0], code: "centre" });
  await submit(administrator);
  await reads(administrator, "office-areas-created");
  await press(administrator, "office-areas-import");
  await upload(administrator, "areas.csv", story.areaFile);
  await submit(administrator);
  await reads(administrator, "office-areas-preview");
  await camera.take(administrator, "07-areas");
  await submit(administrator);
  await reads(administrator, "office-areas-imported");
}

export async function roll(journey) {
  const { administrator, camera, story } = journey;
  const { page } = administrator;
  await go(administrator, "/rolls");
  await press(administrator, "office-rolls-new");
  await fill(administrator, { title: story.roll });
  await submit(administrator);
  await reads(administrator, "office-rolls-created-done");
  await upload(administrator, "roll.csv", wrongRollFile());
  await submit(administrator);
  await page.locator("#faults").waitFor();
  await camera.take(administrator, "08-roll-wrong", ".error-summary", "#faults");
  await upload(administrator, "roll.csv", rollFile());
  await submit(administrator);
  await reads(administrator, "office-rolls-preview");
  await camera.take(administrator, "09-roll-preview");
  await press(administrator, "office-rolls-load-do");
  await reads(administrator, "office-rolls-loaded");
  await letters(journey, new URL(page.url()).pathname);
}

// Four letters are made here, and the codes of the others go to a printer who makes them.
async function letters({ administrator, camera, story, codes }, path) {
  const { page } = administrator;
  await press(administrator, "office-letters");
  await fill(administrator, { sender: story.sender });
  const lines = residents.slice(5).map(({ number }, place) => `${number};;Camille;Durand;${place + 1}, rue du Port;69000;MONTFLEURY`);
  await upload(administrator, "addresses.csv", [story.addressHead, ...lines].join("\r\n"));
  await submit(administrator);
  await reads(administrator, "office-letters-preview");
  await camera.take(administrator, "10-letters", "main h1", "main form[action$='/letters/batch']");
  const letter = await downloads(administrator, () => page.click("main form[action$='/letters/batch'] button"));
  assert.ok(letter.startsWith("%PDF"));
  await page.goto(`${path}/codes`);
  await agree(administrator);
  await submit(administrator);
  await reads(administrator, "office-codes-take");
  await camera.take(administrator, "11-codes");
  const file = await downloads(administrator, () => press(administrator, "office-codes-download"));
  for (const [, number, code] of file.matchAll(/^\ufeff?"(\d+)";"([0-9A-Z-]{19})"\r$/gm)) codes.set(number, code);
  assert.equal(codes.size, 5);
}

// The days of the calendar, as offsets from today; each phase to the day before the next begins.
async function calendar({ page }, offsets) {
  for (const [place, [first, last]] of offsets.entries()) {
    await page.fill(`#first-${place}`, typed(days(first)).day);
    await page.fill(`#last-${place}`, typed(days(last)).day);
  }
}

export async function process(journey) {
  const { administrator, camera, story } = journey;
  const { page } = administrator;
  await go(administrator, "/processes");
  await reads(administrator, "office-processes-none");
  await press(administrator, "office-processes-new");
  await fill(administrator, { title: story.process, first: typed(days(-30)).day, description: story.about });
  await camera.take(administrator, "12-process", "main h1", "main form");
  await submit(administrator);
  await reads(administrator, "office-processes-created");
  journey.process = new URL(page.url()).pathname;
  await press(administrator, "office-phases-change");
  const plan = [[-30, -21], [-20, 10], [11, 40], [43, 61], [62, 400]];
  await calendar(administrator, plan);
  await submit(administrator);
  await page.locator(".notice").first().waitFor();
  await camera.take(administrator, "13-calendar", "main h1", "#phases");
  await press(administrator, "office-phases-back");
  await page.fill("#first-3", typed(days(41)).day);
  await submit(administrator);
  await press(administrator, "office-phases-save");
  await reads(administrator, "office-processes-saved");
  await press(administrator, "office-processes-publish");
  await agree(administrator);
  await camera.take(administrator, "14-publish");
  await submit(administrator);
  await reads(administrator, "office-processes-done-published");
}

// A second administrator approves what one alone must not do.
export async function replaceCode({ administrator, camera, browser, words, city, codes }) {
  await go(administrator, "/rolls");
  await administrator.page.click("main table a");
  await press(administrator, "office-members-search");
  await fill(administrator, { text: residents[0].number });
  await submit(administrator);
  await press(administrator, "office-members-replace");
  await agree(administrator);
  await submit(administrator);
  await reads(administrator, "office-replacements-asked");
  const second = await colleague(browser, city, words, `${team[0][1]}@${city.domain}`);
  await go(second, "/rolls/replacements");
  await second.page.click("main table a");
  await agree(second);
  await camera.take(second, "15-replacement");
  await submit(second);
  const code = (await second.page.locator(".confirmation .code").innerText()).trim();
  assert.notEqual(code, codes.get(residents[0].number));
  codes.set(residents[0].number, code);
  await second.close();
}

// Dates are moved while people look on: the phase of proposals ends now, and the vote begins.
export async function moveOn(journey) {
  const { administrator, camera } = journey;
  const { page } = administrator;
  await page.goto(`${journey.process}/phases`);
  const [ended, begun] = [-2, -1].map((count) => typed(minutes(count)));
  const [submission, examination, vote] = [1, 2, 3];
  const set = (name, place, { day, time }) => fill(administrator, { [`${name}-${place}`]: day, [`${name}-time-${place}`]: time });
  await set("last", submission, ended);
  await set("first", examination, ended);
  await set("last", examination, begun);
  await set("first", vote, begun);
  await submit(administrator);
  await page.locator("#changes").waitFor();
  await camera.take(administrator, "19-dates", ".notice", "#changes");
  await press(administrator, "office-phases-save");
  await reads(administrator, "office-processes-saved");
}
