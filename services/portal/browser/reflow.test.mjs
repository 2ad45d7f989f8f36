// Every page in a window of 320 px, and with everything or the text alone twice as large (WCAG 1.4.10 and 1.4.4): nobody scrolls
// sideways to read, and no text is cut off.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, overflow, signIn, visitor } from "./lib/browser.mjs";
import { ownPlaces, publicPlaces } from "./lib/places.mjs";
import { languages, members, report } from "./lib/site.mjs";

let browser;
let pages = 0;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser.close();
  report(`reflow: ${pages} pages looked at`);
});

const windows = {
  "320 px": { viewport: { width: 320, height: 640 } },
  // A browser's zoom halves the window.
  "1,280 px at 200 %": { viewport: { width: 640, height: 450 } },
  "text alone at 200 %": { viewport: { width: 1280, height: 900 }, text: 2 },
};

// Text that does not fit into a box that shows no more of it.
const cut = (page) =>
  page.evaluate(() => {
    const found = [];
    for (const one of document.querySelectorAll("main *, header *, footer *")) {
      const style = getComputedStyle(one);
      const hides = [style.overflowX, style.overflowY].some((overflow) => overflow === "hidden" || overflow === "clip");
      const box = one.getBoundingClientRect();
      if (!hides || style.clipPath !== "none" || box.width < 2 || box.height < 2 || one.closest("svg")) continue;
      const over = one.scrollWidth - one.clientWidth > 1 || one.scrollHeight - one.clientHeight > 1;
      if (over && one.textContent.trim() && !one.matches(".clip")) found.push(one.outerHTML.slice(0, 120));
    }
    return found;
  });

async function look(visit, places, text) {
  const wrong = [];
  for (const [name, go] of Object.entries(places)) {
    await go(visit);
    if (text) await visit.page.evaluate((times) => document.documentElement.style.setProperty("font-size", `${times * 106.25}%`), text);
    const wider = await overflow(visit.page);
    if (wider > 0) wrong.push(`${name}: ${wider} px too wide`);
    for (const html of await cut(visit.page)) wrong.push(`${name}: cut: ${html}`);
    pages += 1;
  }
  return wrong;
}

for (const [place, [name, { viewport, text }]] of Object.entries(windows).entries()) {
  const language = languages[place % languages.length];
  test(`every page is read without scrolling sideways (${name}, ${language})`, async () => {
    const visit = await visitor(browser, { viewport, language });
    const wrong = await look(visit, await publicPlaces(), text);
    await signIn(visit, members.reflow);
    wrong.push(...(await look(visit, await ownPlaces(), text)));
    await visit.close();
    assert.deepEqual(wrong, []);
  });
}
