// A ballot while it is filled in: sums, a filter, a ranking by buttons and dragging. What is chosen stands in the form's own
// fields and nowhere else; without script the form does the same.
const form = document.querySelector("form[data-ballot]");
if (form) ballot(form);

function ballot(form) {
  const { ballot: kind, currency, ...words } = form.dataset;
  const [maxChoices, maxCost, maxPoints] = [words.maxChoices, words.maxCost, words.maxPoints].map(Number);
  const past = (value, max) => max > 0 && value > max;
  const lines = [...form.querySelectorAll(".options > li")].map((item) => ({
    item,
    input: item.querySelector("input"),
    title: item.querySelector(".choice-label").textContent,
    price: item.querySelector(".choice-aside")?.textContent ?? "",
    cost: Number(item.dataset.cost),
  }));
  const list = form.querySelector("[data-chosen]");
  const language = document.documentElement.lang;
  const format = currency
    ? new Intl.NumberFormat(language, { style: "currency", currency })
    : new Intl.NumberFormat(language, { minimumFractionDigits: 2 });
  const digits = format.resolvedOptions().maximumFractionDigits;
  const money = (amount) => {
    const whole = amount % 10 ** digits === 0;
    const parts = format.formatToParts(amount / 10 ** digits);
    return parts.filter(({ type }) => !whole || !/decimal|fraction/.test(type)).map(({ value }) => value).join("");
  };
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const value = (line) => (/^\d+$/.test(line.input.value.trim()) ? Number(line.input.value) : 0);
  const isChosen = (line) =>
    line.input.type !== "text" ? line.input.checked : kind === "score" ? line.input.value.trim() : value(line) > 0;

  function chosen() {
    const all = lines.filter(isChosen);
    return kind === "ranks" ? all.sort((a, b) => value(a) - value(b)) : all;
  }

  function rank(order) {
    for (const line of lines) {
      const place = order.indexOf(line);
      line.input.value = place < 0 ? "" : place + 1;
    }
    update();
  }

  function take(line) {
    line.input.checked = false;
    if (line.input.type === "text") line.input.value = "";
    if (kind === "ranks") rank(chosen());
    else update();
    (list.querySelector("button") ?? form.querySelector("#chosen-title")).focus();
  }

  function move(line, by) {
    const order = chosen();
    const to = order.indexOf(line) + by;
    order.splice(to, 0, ...order.splice(to - by, 1));
    rank(order);
    const now = list.children[to];
    (now.querySelector(by < 0 ? "[data-up]:not(:disabled)" : "[data-down]:not(:disabled)") ?? now.querySelector("button")).focus();
  }

  function button(text, title, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button quiet small";
    made.textContent = text;
    made.setAttribute("aria-label", `${text}: ${title}`);
    made.addEventListener("click", act);
    return made;
  }

  function entry(line, place, order) {
    const item = document.createElement("li");
    const title = document.createElement("bdi");
    title.textContent = line.title;
    item.append(title, " ", line.price, " ");
    if (kind === "ranks") {
      const up = button(words.up, line.title, () => move(line, -1));
      const down = button(words.down, line.title, () => move(line, 1));
      up.dataset.up = down.dataset.down = "";
      up.disabled = place === 0;
      down.disabled = place === order.length - 1;
      item.append(up, down);
      item.draggable = true;
      item.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/plain", place));
      item.addEventListener("dragover", (event) => event.preventDefault());
      item.addEventListener("drop", (event) => {
        event.preventDefault();
        const from = Number(event.dataTransfer.getData("text/plain"));
        if (order[from]) move(order[from], place - from);
      });
    }
    if (kind !== "one") item.append(button(words.remove, line.title, () => take(line)));
    return item;
  }

  function update() {
    const order = chosen();
    const cost = order.reduce((sum, line) => sum + line.cost, 0);
    const points = order.reduce((sum, line) => sum + value(line), 0);
    const number = new Intl.NumberFormat(language);
    const figures = {
      choices: number.format(order.length),
      cost: money(cost),
      left: money(maxCost - cost),
      points: number.format(points),
    };
    for (const [name, text] of Object.entries(figures)) {
      const out = form.querySelector(`[data-out=${name}]`);
      if (out) out.textContent = text;
    }
    const over = past(cost, maxCost) || past(order.length, maxChoices) || past(points, maxPoints);
    form.querySelector(".tally").classList.toggle("over", over);
    const full = past(order.length + 1, maxChoices);
    for (const line of lines) {
      const no = kind !== "one" && !isChosen(line) && (full || past(cost + line.cost, maxCost));
      line.item.classList.toggle("no-room", no);
      line.item.querySelector(".no-room-note").hidden = !no;
    }
    list.replaceChildren(...order.map(entry));
    form.querySelector("[data-none]").hidden = order.length > 0;
  }

  function filter() {
    const category = form.elements.category?.value ?? "";
    const text = plain(form.elements.find?.value ?? "");
    for (const line of lines) {
      const inside = category === "" || line.item.dataset.in.split(" ").includes(category);
      line.item.hidden = !inside || !plain(line.title).includes(text);
    }
  }

  for (const line of kind === "ranks" ? lines : []) {
    const last = () => rank([...chosen().filter((one) => one !== line), line]);
    line.input.closest(".numbered").append(button(words.add, line.title, last));
  }
  form.querySelector("[data-update]").hidden = true;
  form.querySelector("[value=show]:not([data-update])")?.addEventListener("click", (event) => {
    event.preventDefault();
    filter();
  });
  for (const name of ["category", "find"]) form.elements[name]?.addEventListener("input", filter);
  form.addEventListener("input", update);
  update();
}
