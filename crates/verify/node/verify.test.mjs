// The WebAssembly module under Node says the same bytes as the same code built for this machine. scripts/wasm runs it:
// VERIFY_PACKAGE is the folder of the module's JavaScript package, VERIFY_NATIVE the program of the example `sheet`.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

const { VERIFY_PACKAGE, VERIFY_NATIVE } = process.env;
let Verification;
let isTrackingCode;
let folder;
let code;

function native(...options) {
  const run = spawnSync(VERIFY_NATIVE, options, { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
}

before(async () => {
  const module = await import(pathToFileURL(join(VERIFY_PACKAGE, "comitia_verify.js")).href);
  module.initSync({ module: readFileSync(join(VERIFY_PACKAGE, "comitia_verify_bg.wasm")) });
  ({ Verification, isTrackingCode } = module);
  folder = mkdtempSync(join(tmpdir(), "verify-"));
  code = native("make", folder, "70000").trim();
});

after(() => rmSync(folder, { recursive: true }));

const read = (path) => readFileSync(join(folder, path));

/** Checks the log in the folder, with a window of files under way as a page has it. */
function check({ since, receipt } = {}) {
  const verification = new Verification(read("log.json"), read("checkpoint"), since, receipt);
  const coming = [];
  const ask = () => {
    const path = verification.next();
    if (path !== undefined) coming.push(path);
  };
  for (let count = 0; count < 16; count++) ask();
  while (coming.length > 0 && verification.add(read(coming.shift()))) ask();
  return verification.finish();
}

/** With the byte of a file flipped, or anything else of it changed. */
function changed(path, change, work) {
  const bytes = read(path);
  writeFileSync(join(folder, path), change(Buffer.from(bytes)));
  try {
    return work();
  } finally {
    writeFileSync(join(folder, path), bytes);
  }
}

function flip(at) {
  return (bytes) => {
    bytes[at] ^= 1;
    return bytes;
  };
}

test("a log is checked as it is natively, with a receipt and an earlier head", () => {
  const text = check();
  assert.equal(text, native("check", folder));
  const report = JSON.parse(text);
  assert.deepEqual([report.size, report.altered], [70000, []]);
  assert.ok(Object.values(report.checks).every((state) => state === "holds"), text);
  const more = JSON.parse(check({ since: read("earlier"), receipt: code.toLowerCase() }));
  assert.deepEqual([more.receipt, more.since, more.checks.continued, more.checks.receipt], [35000, 35000, "holds", "holds"]);
});

for (const [path, at, part] of [
  ["tile/entries/100", 20, "tree"],
  ["tile/entries/273.p/112", 2, "tree"],
  ["tile/0/100", 20, "tree"],
  ["tile/1/001.p/17", 3, "tree"],
  ["checkpoint", 40, "signed"],
  ["text", 40, "text"],
]) {
  test(`a flipped byte of ${path} is found as it is natively`, () => {
    changed(path, flip(at), () => {
      const text = check();
      assert.equal(text, native("check", folder));
      const { checks, altered } = JSON.parse(text);
      const failing = Object.keys(checks).filter((name) => checks[name] === "fails");
      assert.deepEqual(failing, [part]);
      assert.ok(altered.length > 0);
    });
  });
}

test("counts that are not the log's are found as they are natively", () => {
  const higher = (bytes) => bytes.toString().replace('"70000"', '"70001"');
  changed("log.json", higher, () => {
    const text = check();
    assert.equal(text, native("check", folder));
    assert.equal(JSON.parse(text).checks.counts, "fails");
  });
});

test("what cannot be checked throws", () => {
  assert.ok(isTrackingCode(code) && !isTrackingCode(code.slice(1)));
  assert.throws(() => check({ receipt: "0000" }), /copied wrong/);
  assert.throws(() => changed("log.json", () => "{}", check), /not one/);
  assert.throws(() => new Verification(read("log.json"), read("checkpoint")).finish(), /to its end/);
});
