// Maps: an office draws its areas, somebody chooses a place for a proposal, others find it; with script and without.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { at, launch, overflow, quiet, signIn, visitor } from "./lib/browser.mjs";
import { enter, officer, send } from "./lib/office.mjs";
import { api, base, desk, members, phone, report } from "./lib/site.mjs";

let browser;
let maps = 0;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser.close();
  report(`maps: ${maps} opened`);
});

// Squares beside each other, one for each area of the city.
async function geojson() {
  const { areas } = await api("areas?pageSize=1000");
  const features = areas.map(({ code, title }, place) => {
    const west = 5.484 + place * 0.004;
    const ring = [[west, 47.09], [west + 0.004, 47.09], [west + 0.004, 47.114], [west, 47.114], [west, 47.09]];
    return { type: "Feature", properties: { code, nom: title }, geometry: { type: "Polygon", coordinates: [ring] } };
  });
  return Buffer.from(JSON.stringify({ type: "FeatureCollection", features }));
}

const upload = (page, buffer) => page.setInputFiles("#file", { name: "carte.geojson", mimeType: "application/geo+json", buffer });

// A build without Leaflet has pictures and lists alone.
async function open(page) {
  const button = page.locator("[data-open]");
  if ((await button.count()) === 0) return false;
  await button.click();
  await page.locator(".map-frame.leaflet-container").waitFor();
  maps += 1;
  return true;
}

test("the office draws its areas from a map", async () => {
  const visit = await officer(browser, { base });
  const { page } = visit;
  await enter(visit, "admin@villeneuve.example");
  await visit.go("/areas/file");
  const wrong = JSON.parse((await geojson()).toString());
  wrong.features[0].geometry.coordinates[0] = [[842000, 6519000], [843000, 6519000], [842000, 6520000]];
  await upload(page, Buffer.from(JSON.stringify(wrong)));
  await send(page);
  assert.match(await page.locator(".error-summary").innerText(), /Lambert-93/);
  await upload(page, await geojson());
  await send(page);
  assert.ok(await page.locator("svg.map-picture").isVisible());
  assert.equal(await overflow(page), 0);
  await send(page);
  assert.match(page.url(), /done=drawn/);
  assert.ok(await page.locator("svg.map-picture path").count());
  await page.setViewportSize(phone);
  assert.equal(await overflow(page), 0);
  await open(page);
  quiet(visit);
  await visit.close();
});

test("a place is chosen on the map, and found there", async () => {
  const visit = await visitor(browser, { viewport: desk });
  const { page } = visit;
  await signIn(visit, members.mapped);
  const { processes } = await api("processes");
  const process = processes.find((one) => one.currentPhase?.kind === "PHASE_KIND_SUBMISSION");
  const list = at("fr", `/processes/${process.processId.replaceAll("-", "")}/proposals`);
  await page.goto(`${list}/new`);
  await page.click("main button[value=title]");
  await page.fill("#title", "Une fontaine au bord de l’eau pour les jours de canicule");
  await page.click("main button[value=alike]");
  if (await page.locator("main button[value=details]").count()) await page.click("main button[value=details]");
  await page.fill("#body", "Il fait chaud, et il n’y a pas d’eau à boire.");
  await page.fill("#place", "Quai du canal");
  const moving = await open(page);
  if (moving) {
    // By mouse, then by keyboard: the arrows move the map, and the button takes its middle.
    await page.locator(".map-frame").click({ position: { x: 200, y: 150 } });
    const clicked = await page.locator("input[name=latitude]").inputValue();
    assert.match(clicked, /^47\.[01]/);
    await page.locator(".map-frame").focus();
    await page.keyboard.press("ArrowRight");
    await page.locator("[data-clear]").press("Enter");
    assert.equal(await page.locator("input[name=latitude]").inputValue(), "");
    await page.locator("[data-centre]").press("Enter");
    assert.match(await page.locator("[data-chosen]").innerText(), /47\.[01]/);
  }
  await page.click("main button[value=check]");
  await page.click("main button[value=send]");
  assert.match(page.url(), /done=sent/);
  if (moving) {
    await page.goto(page.url().split("?")[0]);
    assert.equal(await page.locator("svg.map-picture circle").count(), 1);
    await page.goto(`${list}?view=map`);
    await open(page);
    await page.locator(".map-frame").focus();
    await page.keyboard.press("Enter");
    await page.locator(".leaflet-popup-content a").waitFor();
    assert.ok(await page.locator("main .map-list a", { hasText: "Une fontaine" }).count());
  }
  quiet(visit);
  await visit.close();
});

test("without script, the picture and the list say it", async () => {
  const visit = await visitor(browser, { script: false, viewport: phone });
  const { page } = visit;
  const { processes } = await api("processes");
  const process = processes.find((one) => one.currentPhase?.kind === "PHASE_KIND_SUBMISSION");
  await page.goto(at("fr", `/processes/${process.processId.replaceAll("-", "")}/proposals?view=map`));
  assert.ok(await page.locator("svg.map-picture").isVisible());
  if (maps > 0) assert.ok(await page.locator("main .map-list a").count(), "the place that was chosen");
  assert.equal(await page.locator("[data-open]").isVisible(), false);
  assert.equal(await overflow(page), 0);
  quiet(visit);
  await visit.close();
});
