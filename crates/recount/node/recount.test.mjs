// The WebAssembly module under Node gives the same bytes as the same code built for this machine. scripts/wasm runs it:
// RECOUNT_PACKAGE is the folder of the module's JavaScript package, RECOUNT_NATIVE the program of the example `recount`.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

const { RECOUNT_PACKAGE, RECOUNT_NATIVE } = process.env;
const REAL_FILES = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../../../../shared/data/pabulib");
let recount;
let folder;

before(async () => {
  const module = await import(pathToFileURL(join(RECOUNT_PACKAGE, "comitia_recount.js")).href);
  module.initSync({ module: readFileSync(join(RECOUNT_PACKAGE, "comitia_recount_bg.wasm")) });
  recount = module.recount;
  folder = mkdtempSync(join(tmpdir(), "recount-"));
});

after(() => rmSync(folder, { recursive: true }));

function native(file, choice) {
  const run = spawnSync(RECOUNT_NATIVE, [file, choice], { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(run.error, undefined);
  return run;
}

/** Counts a file with both and compares every byte. */
function same(file, choice) {
  const expected = native(file, choice);
  assert.equal(expected.status, 0, expected.stderr);
  const text = recount(readFileSync(file), choice);
  assert.equal(text, expected.stdout, `${file} ${choice}`);
  const result = JSON.parse(text);
  assert.match(result.trace_sha256, /^[0-9a-f]{64}$/);
  return result;
}

/** Numbers that are the same on every machine (Park and Miller). */
function* lot(seed) {
  for (;;) yield (seed = (seed * 48271) % 2147483647);
}

/** An election with 12 projects and 300 ballots. */
function election(kind, rule) {
  const random = lot(kind.length * 1000 + 7);
  const below = (bound) => random.next().value % bound;
  const points = kind === "cumulative" || kind === "scoring";
  const lines = ["META", "key;value", "description;made up", "country;Nowhere", "unit;Seedville", "instance;test",
    "num_projects;12", "num_votes;300", "budget;90000.50", `vote_type;${kind}`, `rule;${rule}`, "date_begin;2025",
    "date_end;2025", "currency;EUR", "max_sum_points;99", "PROJECTS", "project_id;cost"];
  for (let project = 1; project <= 12; project++) lines.push(`${project};${1000 * (1 + below(30))}.25`);
  lines.push("VOTES", points ? "voter_id;vote;points" : "voter_id;vote");
  for (let voter = 1; voter <= 300; voter++) {
    const choices = new Set(Array.from({ length: kind === "choose-1" ? 1 : 1 + below(5) }, () => 1 + below(12)));
    const cells = [voter, [...choices].join(",")];
    if (points) cells.push([...choices].map(() => `${1 + below(9)}.5`).join(","));
    lines.push(cells.join(";"));
  }
  return lines.join("\n") + "\n";
}

for (const kind of ["approval", "choose-1", "cumulative", "ordinal", "scoring"]) {
  test(`a made-up election with ${kind} ballots`, () => {
    const file = join(folder, `${kind}.pb`);
    writeFileSync(file, election(kind, "greedy"));
    const results = [
      "",
      '{"rule":"greedy-no-skip","ties":"lot:a seed,id"}',
      '{"rule":"equal-shares"}',
      '{"rule":"equal-shares","satisfaction":"cardinality","completion":"add1u","increment":"2.5","stop":"exhaustive"}',
    ].map((choice) => same(file, choice));
    assert.ok(results.every((result) => result.selected.length > 0));
    assert.notEqual(results[0].trace_sha256, results[2].trace_sha256);
    if (kind === "approval") same(file, '{"rule":"phragmen"}');
  });
}

test("what is wrong is said as it is natively", () => {
  const file = join(folder, "wrong.pb");
  const cases = [
    ["META\nkey;value\nbudget;much\n", "", /line 3, budget: "much" is not a number such as 1500/],
    [election("ordinal", "greedy"), '{"rule":"phragmen"}', /the rule phragmen needs approval ballots/],
    [election("approval", "greedy"), '{"stop":"overspend"}', /--stop is a parameter of equal-shares/],
    [election("approval", "greedy"), '{"rule":"dictator"}', /"dictator" is not one of greedy, /],
    [election("approval", "greedy"), '{"rules":"greedy"}', /unknown field `rules`/],
    [election("approval", "equalshares/add1"), '{"increment":"0"}', /must be the text of an amount above 0/],
  ];
  for (const [text, choice, message] of cases) {
    writeFileSync(file, text);
    assert.throws(() => recount(readFileSync(file), choice), { name: "Error", message });
    assert.notEqual(native(file, choice).status, 0);
  }
  // After all these refusals the module still counts.
  assert.equal(JSON.parse(recount(Buffer.from(election("approval", "greedy")))).rule, "greedy");
});

test("real elections", { skip: !existsSync(REAL_FILES) && `${REAL_FILES} is not there` }, () => {
  let counted = 0;
  for (const name of readdirSync(REAL_FILES).filter((name) => name.endsWith(".pb"))) {
    // By the rule of the file; in one run where it is equal shares with a great many of them.
    same(join(REAL_FILES, name), name.startsWith("Hungary_Budapest") ? '{"rule":"equal-shares","completion":"none"}' : "");
    counted++;
  }
  const wieliczka = join(REAL_FILES, "Poland_Wieliczka_2023_Green_Budget.pb");
  if (existsSync(wieliczka)) assert.equal(same(wieliczka, '{"rule":"equal-shares"}').selected.length, 30);
  assert.ok(counted > 0);
});
