// Checks a sheet's public log in this browser. Log and program are loaded with the click; a worker checks, so that the page stays
// usable. What is typed in goes to the worker and nowhere else.
for (const panel of document.querySelectorAll("[data-verify]")) {
  panel.hidden = false;
  const button = panel.querySelector("button");
  button.addEventListener("click", async () => {
    button.disabled = true;
    show(panel, "busy");
    try {
      tell(panel, await checked(panel));
    } catch {
      show(panel, "failed");
    }
    panel.querySelector("[data-progress]").hidden = true;
    button.disabled = false;
  });
}

function show(panel, answer, found = false) {
  for (const one of panel.querySelectorAll("[data-answer]")) one.hidden = one.dataset.answer !== answer;
  panel.querySelector("[data-found]").hidden = !found;
}

async function checked(panel) {
  const { worker, module, program, log } = panel.dataset;
  const [kept] = panel.querySelector("input[type=file]").files;
  const since = kept && new Uint8Array(await kept.arrayBuffer());
  const receipt = panel.querySelector("input[name=receipt]").value.trim();
  const bar = panel.querySelector("[data-progress]");
  const checker = new Worker(address(worker), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      checker.onmessage = ({ data }) => {
        if (!("read" in data)) return resolve(data);
        bar.hidden = false;
        bar.max = data.size;
        bar.value = data.read;
      };
      checker.onerror = reject;
      checker.postMessage({ module, program, log, since, receipt });
    });
  } finally {
    checker.terminate();
  }
}

// The pages' policy takes no script's address that nobody has looked at.
function address(worker) {
  const createScriptURL = (url) => {
    if (!url.startsWith("/assets/")) throw new TypeError(url);
    return url;
  };
  return globalThis.trustedTypes?.createPolicy("verify", { createScriptURL }).createScriptURL(worker) ?? worker;
}

function tell(panel, { report, seconds, mistyped }) {
  if (mistyped) return show(panel, "mistyped");
  for (const line of panel.querySelectorAll("[data-check]")) {
    const state = report.checks[line.dataset.check];
    line.hidden = !state;
    for (const one of line.querySelectorAll("[data-state]")) one.hidden = one.dataset.state !== state;
  }
  const reasons = panel.querySelector("[data-reasons]");
  reasons.hidden = report.altered.length === 0;
  reasons.replaceChildren(...report.altered.map((why) => Object.assign(document.createElement("li"), { textContent: why })));
  const format = (value, how) => new Intl.NumberFormat(document.documentElement.lang, how).format(value);
  const unit = { style: "unit", unit: "second", unitDisplay: "long", maximumFractionDigits: 1 };
  const figures = {
    receipt: report.receipt === null ? "" : format(report.receipt + 1),
    size: format(report.size),
    published: format(report.published),
    took: format(seconds, unit),
    text: report.text ?? "",
    root: report.root,
  };
  for (const line of panel.querySelectorAll("[data-figure]")) {
    const text = figures[line.dataset.figure];
    line.hidden = !text;
    line.querySelector("[data-value]").textContent = text;
  }
  show(panel, report.altered.length > 0 ? "bad" : "good", true);
}
