// A picture of a page of every kind and in every state: two widths, two languages; on the phone in the dark, too.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch, signIn, visitor } from "./lib/browser.mjs";
import { emptyCity, enter, furnish, officer, places } from "./lib/office.mjs";
import { ownPlaces, publicPlaces } from "./lib/places.mjs";
import { desk, languages, members, phone } from "./lib/site.mjs";

const folder = process.argv[2];
const only = process.argv[3];
await mkdir(folder, { recursive: true });
const browser = await launch();
let taken = 0;
let failed = 0;

async function take(visit, places, suffix) {
  for (const [name, go] of Object.entries(places)) {
    if (only && !name.includes(only)) continue;
    try {
      await go(visit);
      await visit.page.screenshot({ path: join(folder, `${name}-${suffix}.png`), fullPage: true });
      taken += 1;
    } catch (error) {
      failed += 1;
      console.error(`${name} (${suffix}): ${error.message.split("\n")[0]}`);
    }
  }
}

const [open, own] = [await publicPlaces(), await ownPlaces()];
for (const language of languages) {
  for (const viewport of [phone, desk]) {
    for (const dark of viewport === phone && language === "fr" ? [false, true] : [false]) {
      const visit = await visitor(browser, { language, viewport, dark });
      const suffix = `${language}-${viewport.width}${dark ? "-dark" : ""}`;
      await take(visit, open, suffix);
      await signIn(visit, members.screenshots);
      await take(visit, own, suffix);
      await visit.close();
    }
  }
}
// The office of a city of its own.
const city = await emptyCity();
const first = await officer(browser, city);
await enter(first, city.administrator);
await furnish(first);
await first.close();
for (const language of languages) {
  for (const viewport of [phone, desk]) {
    const visit = await officer(browser, city, { language, viewport });
    await enter(visit, city.administrator);
    await take(visit, await places(visit), `${language}-${viewport.width}`);
    await visit.close();
  }
}
await browser.close();
console.log(`${taken} pictures in ${folder}`);
process.exit(failed ? 1 : 0);
