// A sheet: its count while people sign, and what must not stay in an address.
for (const place of document.querySelectorAll("[data-counts]")) watch(place);
codeOfReceipt();
withoutAnswer();

// The gateway says the counts each time that they change. A screen reader hears of it once in a while.
function watch(place) {
  const format = new Intl.NumberFormat(document.documentElement.lang);
  const figure = place.querySelector("dd");
  const bar = place.querySelector("progress");
  const announced = place.querySelector("[data-announced]");
  let quietUntil = Date.now() + 30_000;
  const source = new EventSource(place.dataset.counts);
  source.addEventListener("message", ({ data }) => {
    const total = Number(JSON.parse(data).counts?.signatureCount ?? 0);
    const text = format.format(total);
    if (figure.textContent === text) return;
    figure.textContent = text;
    if (bar) bar.value = Math.min(total, bar.max);
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + 60_000;
    announced.textContent = `${place.dataset.said}: ${text}`;
  });
  source.addEventListener("end", () => source.close());
}

// The image of a receipt has its code in the fragment, which browsers send to nobody: into the field with it, and out of the
// address, the history and every copy of the link.
function codeOfReceipt() {
  const field = document.querySelector("form input[name=code]");
  const code = location.hash.slice(1);
  if (!field || !/^[0-9A-Za-z-]+$/.test(code)) return;
  field.value = code.slice(0, field.maxLength);
  history.replaceState(history.state, "", location.pathname + location.search);
}

// The answer of a provider is good once: it need not stay in the history.
function withoutAnswer() {
  if (!new URLSearchParams(location.search).has("code")) return;
  history.replaceState(history.state, "", location.pathname);
}
