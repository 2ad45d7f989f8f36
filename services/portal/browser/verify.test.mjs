// "Check in this browser" on the page of a sheet's count: a real log, good and with something changed, as `comitia verify` finds it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { at, launch, overflow, quiet, visitor } from "./lib/browser.mjs";
import { openSheet, signOpenly, until } from "./lib/sheets.mjs";
import { base, desk, languages, phone, report } from "./lib/site.mjs";

// More than one bundle of entries.
const SIGNATURES = 260;
const texts = [
  { language: "fr", body: "# Notre demande\n\nUn tilleul dans chaque rue, avant 2030." },
  { language: "en", body: "# What we ask for\n\nA lime tree in each street, before 2030." },
];
let browser;
let sheet;
let log;
let folder;
let native;
const codes = [];
let checks = 0;

before(async () => {
  browser = await launch();
  sheet = await openSheet({ basis: "ELIGIBILITY_BASIS_ANYONE", title: "Vérifiée", texts });
  log = `${base}/v1/polls/${sheet}/log`;
  for (let done = 0; done < SIGNATURES; done += 10) {
    codes.push(...(await Promise.all(Array.from({ length: 10 }, () => signOpenly(sheet)))));
  }
  await until("the signatures are in the log", async () => {
    const answer = await (await fetch(log)).json();
    return Number(answer.log.signatureCount) === SIGNATURES;
  });
  folder = await mkdtemp(join(tmpdir(), "sheet-"));
  native = program(log, "--save", folder);
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
  report(`verify: ${checks} checks in the browser`);
});

function program(...options) {
  const run = spawnSync(process.env.COMITIA_PROGRAM, ["verify", ...options, "--format", "json"], { encoding: "utf8" });
  assert.ok(run.stdout, run.stderr);
  return JSON.parse(run.stdout);
}

const path = () => `/votes/${sheet}/signatures`;

// Checks, and gives which answer the page has.
async function check({ page, language }, { receipt, since } = {}) {
  await page.goto(at(language, path()));
  if (receipt || since) await page.click("[data-verify] summary");
  if (receipt) await page.fill("#receipt", receipt);
  if (since) await page.setInputFiles("#since", { name: "checkpoint.txt", mimeType: "text/plain", buffer: since });
  await page.click("[data-verify] button");
  await page.waitForSelector("[data-answer]:not([data-answer=busy]):visible");
  checks += 1;
  assert.equal(await page.locator("[data-answer]:visible").count(), 1);
  assert.equal(await page.locator("[data-progress]:visible").count(), 0);
  return page.locator("[data-answer]:visible").getAttribute("data-answer");
}

// What the page says of each part, as the report has it.
async function parts(page) {
  const lines = page.locator("[data-check]:visible");
  const pairs = await lines.evaluateAll((all) =>
    all.map((line) => [line.dataset.check, [...line.children].find((one) => !one.hidden)?.dataset.state]),
  );
  return Object.fromEntries(pairs);
}

const figure = async (page, name) => (await page.locator(`[data-figure=${name}] [data-value]`).innerText()).trim();
const reasons = (page) => page.locator("[data-reasons] li").allInnerTexts();

for (const [place, viewport] of [phone, desk].entries()) {
  test(`a browser comes to what is published, as the program does (${viewport.width} px)`, async () => {
    const visit = await visitor(browser, { viewport, language: languages[place] });
    const { page, context } = visit;
    const sent = [];
    context.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
    await page.goto(at(visit.language, path()));
    assert.ok(!sent.some((one) => /\.wasm|verify-worker|\/tile\//.test(one)), "nothing is loaded before the click");
    assert.equal(await check(visit, { receipt: codes[42].toLowerCase() }), "good");
    assert.ok(sent.some((one) => one.includes(".wasm")));
    assert.ok(!sent.some((one) => one.toUpperCase().includes(codes[42].slice(0, 9))), "the code stays in the browser");
    const found = program(folder, "--receipt", codes[42]);
    assert.deepEqual([found.altered, found.checks], [[], { ...native.checks, receipt: "holds" }]);
    assert.deepEqual(await parts(page), found.checks);
    assert.equal(await figure(page, "root"), found.root);
    assert.equal(await figure(page, "size"), String(SIGNATURES));
    assert.equal(await figure(page, "receipt"), String(found.receipt + 1));
    const text = Buffer.from(await (await fetch(`${log}/text`)).arrayBuffer());
    assert.equal(await figure(page, "text"), createHash("sha256").update(text).digest("hex"));
    assert.ok(text.toString().includes("\tUn tilleul dans chaque rue, avant 2030.\n"), text.toString());
    assert.deepEqual(await reasons(page), []);
    assert.equal(await overflow(page), 0);
    // Once more: the page has not spent anything.
    await page.click("[data-verify] button");
    await page.waitForSelector("[data-answer=good]:visible");
    quiet(visit);
    await visit.close();
  });
}

for (const [file, part] of [
  ["tile/entries/000", "tree"],
  ["tile/entries/001.p/4", "tree"],
  ["tile/0/000", "tree"],
  ["text", "text"],
  ["checkpoint", "signed"],
]) {
  test(`a flipped byte of ${file} is found, as the program finds it`, async () => {
    const visit = await visitor(browser, { viewport: phone });
    await visit.context.route(`**/log/${file}`, async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      body[45] ^= 1;
      await route.fulfill({ response, body });
    });
    assert.equal(await check(visit), "bad");
    const kept = await readFile(join(folder, file));
    const changed = Buffer.from(kept);
    changed[45] ^= 1;
    await writeFile(join(folder, file), changed);
    const found = program(folder);
    await writeFile(join(folder, file), kept);
    assert.equal(found.checks[part], "fails");
    assert.deepEqual(await parts(visit.page), found.checks);
    assert.deepEqual(await reasons(visit.page), found.altered);
    assert.equal(await overflow(visit.page), 0);
    await visit.close();
  });
}

test("a count that the log does not come to is found", async () => {
  const visit = await visitor(browser, { viewport: phone });
  await visit.context.route("**/log", async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    answer.log.signatureCount = String(SIGNATURES + 1000);
    await route.fulfill({ response, json: answer });
  });
  assert.equal(await check(visit), "bad");
  const found = await parts(visit.page);
  assert.deepEqual([found.counts, found.tree], ["fails", "open"]);
  await visit.close();
});

test("a head that somebody kept is what the log continues, or it is said", async () => {
  const visit = await visitor(browser, { viewport: phone });
  const since = await readFile(join(folder, "checkpoint"));
  assert.equal(await check(visit, { since }), "good");
  assert.equal((await parts(visit.page)).continued, "holds");
  const other = await openSheet({ basis: "ELIGIBILITY_BASIS_ANYONE", title: "Une autre" });
  const foreign = Buffer.from(await (await fetch(`${base}/v1/polls/${other}/log/checkpoint`)).arrayBuffer());
  assert.equal(await check(visit, { since: foreign }), "bad");
  assert.equal((await parts(visit.page)).continued, "fails");
  quiet(visit);
  await visit.close();
});

test("a receipt of nothing is said to be none, and a mistyped one to be mistyped", async () => {
  const visit = await visitor(browser, { viewport: phone });
  assert.equal(await check(visit, { receipt: `${codes[0].slice(0, -1)}!` }), "mistyped");
  assert.equal(await check(visit, { receipt: "0000-0000-0000-0000-0000-0000-0000" }), "bad");
  assert.equal((await parts(visit.page)).receipt, "fails");
  quiet(visit);
  await visit.close();
});

test("a program that does not arrive says nothing about the signatures", async () => {
  const visit = await visitor(browser, { viewport: phone });
  await visit.context.route("**/*.wasm", (route) => route.abort());
  assert.equal(await check(visit), "failed");
  await visit.close();
});

test("without script the page says how else to check", async () => {
  const visit = await visitor(browser, { script: false, viewport: phone });
  await visit.page.goto(at("fr", path()));
  assert.equal(await visit.page.locator("[data-verify]:visible").count(), 0);
  const words = await visit.page.locator("main").innerText();
  assert.ok(words.includes("vérifiez avec le programme comitia") && words.includes(`comitia verify ${log}`), words);
  quiet(visit);
  await visit.close();
});

test("what one signs is on the sheet and at its check", async () => {
  for (const script of [true, false]) {
    const visit = await visitor(browser, { script, viewport: phone });
    await visit.page.goto(at("fr", `/votes/${sheet}`));
    assert.match(await visit.page.locator("main").innerText(), /Un tilleul dans chaque rue, avant 2030\./);
    assert.equal(await overflow(visit.page), 0);
    await visit.page.click(`main a[href$="/votes/${sheet}/sign"]`);
    await visit.page.click("main details summary");
    assert.match(await visit.page.locator("main details").first().innerText(), /avant 2030/);
    assert.equal(await overflow(visit.page), 0);
    quiet(visit);
    await visit.close();
  }
});
