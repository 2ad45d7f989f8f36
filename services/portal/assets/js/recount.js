// Counts the published ballots again in this browser and says whether it comes to what this page shows. Ballots and program
// are loaded with the click; a worker counts, so that the page stays usable.
for (const panel of document.querySelectorAll("[data-recount]")) {
  panel.hidden = false;
  const button = panel.querySelector("button");
  button.addEventListener("click", async () => {
    button.disabled = true;
    show(panel, "busy");
    try {
      compare(panel, await counted(panel.dataset));
    } catch {
      show(panel, "failed");
    }
    button.disabled = false;
  });
}

function show(panel, answer) {
  for (const one of panel.querySelectorAll("[data-answer]")) one.hidden = one.dataset.answer !== answer;
}

async function counted({ worker, module, program, file }) {
  const answer = await fetch(file, { credentials: "omit", cache: "no-cache" });
  if (!answer.ok) throw new Error(answer.status);
  const bytes = await answer.arrayBuffer();
  const counter = new Worker(address(worker), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      counter.onmessage = ({ data }) => resolve(data);
      counter.onerror = reject;
      counter.postMessage({ module, program, bytes }, [bytes]);
    });
  } finally {
    counter.terminate();
  }
}

// The pages' policy takes no script's address that nobody has looked at.
function address(worker) {
  const createScriptURL = (url) => {
    if (!url.startsWith("/assets/")) throw new TypeError(url);
    return url;
  };
  return globalThis.trustedTypes?.createPolicy("recount", { createScriptURL }).createScriptURL(worker) ?? worker;
}

function compare(panel, { result, error, seconds }) {
  const { poll, seal, trace, funded } = panel.dataset;
  const faults = [];
  if (error) faults.push("file");
  else {
    const stated = result.seal ?? {};
    if (!stated.verified || stated.digest !== seal || stated.poll !== poll) faults.push("seal");
    const list = (references) => JSON.stringify([...references].sort());
    if (list(result.selected) !== list(JSON.parse(funded))) faults.push("funded");
    if (result.trace_sha256 !== trace) faults.push("trace");
  }
  for (const one of panel.querySelectorAll("[data-fault]")) one.hidden = !faults.includes(one.dataset.fault);
  panel.querySelector("[data-reason]").textContent = error ?? result.seal?.reason ?? "";
  const unit = { style: "unit", unit: "second", unitDisplay: "long", maximumFractionDigits: 1 };
  panel.querySelector("[data-took]").textContent = new Intl.NumberFormat(document.documentElement.lang, unit).format(seconds);
  show(panel, faults.length > 0 ? "different" : "same");
}
