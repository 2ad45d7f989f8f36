// Reads a log and checks it. Whatever goes wrong on the way is an error of the worker: it says nothing of the signatures.
const AT_ONCE = 16;
const ATTEMPTS = 60;

onmessage = async ({ data: { module, program, log, since, receipt } }) => {
  try {
    const { default: init, Verification, isTrackingCode } = await import(module);
    await init({ module_or_path: program });
    if (receipt && !isTrackingCode(receipt)) return postMessage({ mistyped: true });
    const start = performance.now();
    // In this order: the head may be newer than the counts, and not older.
    const description = await file(log, "no-cache");
    const checkpoint = await file(`${log}/checkpoint`, "no-cache");
    const check = new Verification(description, checkpoint, since, receipt || undefined);
    await read(check, log);
    const report = JSON.parse(check.finish());
    postMessage({ report, seconds: (performance.now() - start) / 1000 });
  } catch (error) {
    // Only what is thrown outside a promise is the page's to see.
    setTimeout(() => {
      throw error;
    });
  }
};

// Gives the check its files in their order, while the next ones are on their way.
async function read(check, log) {
  const { size } = check;
  const coming = [];
  const ask = () => {
    const path = check.next();
    if (path === undefined) return;
    const bytes = file(`${log}/${path}`, "default");
    // One that is not waited for any more may fail.
    bytes.catch(() => {});
    coming.push(bytes);
  };
  for (let count = 0; count < AT_ONCE; count += 1) ask();
  let told = 0;
  while (coming.length > 0) {
    if (!check.add(await coming.shift())) return;
    ask();
    if (performance.now() - told < 100) continue;
    told = performance.now();
    postMessage({ read: check.read, size });
  }
}

// A server without room says when to come again.
async function file(path, cache) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const answer = await fetch(path, { credentials: "omit", cache });
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    if (answer.status !== 429 && answer.status !== 503) throw new Error(`${path}: ${answer.status}`);
    const seconds = Math.min(Number(answer.headers.get("retry-after")) || 1, 30);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
  throw new Error(`${path}: the server has no room`);
}
