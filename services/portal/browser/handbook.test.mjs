// The handbook as a journey: people of the four roles set a city up, let it vote and follow its projects, by pages alone. The same
// steps make the pictures of docs/handbook; with HANDBOOK=1 they are kept (`make handbook`).
import assert from "node:assert/strict";
import { access, readFile, readdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch, quiet } from "./lib/browser.mjs";
import { inspector } from "./lib/inspect.mjs";
import { emptyCity } from "./lib/office.mjs";
import { languages, report } from "./lib/site.mjs";
import { words } from "./lib/words.mjs";
import { camera, handbook } from "./handbook/camera.mjs";
import { answer, audit, budget, propose, schedule, tryOut } from "./handbook/participation.mjs";
import { colleague } from "./handbook/people.mjs";
import { areas, moveOn, organization, people, process as setUpProcess, replaceCode, roll } from "./handbook/setup.mjs";
import { story } from "./handbook/story.mjs";
import { closeAndPublish, followUp, paper, voteOnline } from "./handbook/vote.mjs";

const keeps = process.env.HANDBOOK === "1";
const { inspect, figures } = inspector();
let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser.close();
  report(`handbook: ${figures.pages} pages looked at, ${figures.violations} violations of axe`);
});

const folder = (language) => new URL(`${language}/`, handbook);
const chapters = async (language) => (await readdir(folder(language))).filter((name) => name.endsWith(".md")).sort();
const read = async (language, name) => readFile(new URL(name, folder(language)), "utf8");

async function pictures(language) {
  const texts = await Promise.all((await chapters(language)).map((name) => read(language, name)));
  return texts.flatMap((text) => [...text.matchAll(/\]\(\.\.\/images\/([a-z]+)\/([^)]+)\.png\)/g)]);
}

async function travel(language) {
  const texts = await words(language);
  const city = await emptyCity(`montfleury-${language}.example`);
  const shots = camera(language, inspect);
  const journey = { browser, city, words: texts, language, story: story(language), camera: shots, codes: new Map() };
  const at = (name) => colleague(browser, city, texts, `${name}@${city.domain}`);
  journey.administrator = await at("amelie");
  await organization(journey);
  await people(journey);
  await areas(journey);
  await roll(journey);
  await replaceCode(journey);
  await setUpProcess(journey);
  await propose(journey);
  journey.moderator = await at("chloe");
  await answer(journey);
  await moveOn(journey);
  journey.officer = await at("david");
  journey.second = await at("fanny");
  await budget(journey);
  await tryOut(journey);
  await schedule(journey);
  await voteOnline(journey);
  await paper(journey);
  await closeAndPublish(journey);
  await followUp(journey);
  journey.auditor = await at("emma");
  await audit(journey);
  for (const name of ["administrator", "moderator", "officer", "second", "auditor"]) {
    quiet(journey[name]);
    await journey[name].close();
  }
  return shots;
}

// One language is enough to show that the way is there; the pictures need both.
for (const language of keeps ? languages : ["fr"]) {
  test(`from an empty organization to a followed-up project, by four roles (${language})`, async () => {
    const { taken, found } = await travel(language);
    assert.deepEqual(found, []);
    const named = new Set((await pictures(language)).map(([, , name]) => name));
    assert.deepEqual([...named].filter((name) => !taken.has(name)), [], "pictures of the handbook that nothing takes");
    assert.deepEqual([...taken].filter((name) => !named.has(name)), [], "pictures that the handbook does not show");
  });
}

test("the handbook's links lead somewhere, and it calls buttons as the pages do", async () => {
  const missing = [];
  const index = await readFile(new URL("README.md", handbook), "utf8");
  const numbers = [];
  for (const language of languages) {
    const { says } = await words(language);
    const names = await chapters(language);
    numbers.push(names.map((name) => name.slice(0, 3)));
    for (const name of names) {
      const text = await read(language, name);
      if (!index.includes(`(${language}/${name})`)) missing.push(`README.md does not lead to ${language}/${name}`);
      for (const [, target] of text.matchAll(/\]\(([^)]+)\)/g)) {
        const there = await access(new URL(target, new URL(name, folder(language)))).then(() => true, () => false);
        if (!there) missing.push(`${language}/${name} leads to ${target}`);
      }
      for (const [, said] of text.matchAll(/\*\*([^*]+)\*\*/g)) {
        if (!says(said)) missing.push(`${language}/${name}: no page says “${said}”`);
      }
    }
    for (const [, of, name] of await pictures(language)) {
      if (of !== language) missing.push(`${name} is shown in another language`);
    }
  }
  assert.deepEqual(missing, []);
  assert.deepEqual(numbers[0], numbers[1], "each chapter is there in both languages");
});
