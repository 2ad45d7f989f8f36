// Every link is followed and every form is sent, as a visitor and as a resident. Each answer is looked at: its status, its
// links, its weight, its HTML, its words. Then every page is opened in a browser at 320 px.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HtmlValidate } from "html-validate";
import { at, launch, overflow, visitor } from "./lib/browser.mjs";
import { Client } from "./lib/http.mjs";
import { parser } from "./lib/parse.mjs";
import { base, code, languages, members, messageIds, report } from "./lib/site.mjs";

// The heaviest page, compressed, with its style sheet and scripts and without pictures.
const HEAVIEST = 50_000;
// More would be a crawl without end.
const MOST_PAGES = 2000;

const validator = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:a11y"],
  rules: {
    // Matters of taste: attributes and void elements are as maud writes them.
    "void-style": "off",
    "attribute-boolean-style": "off",
    "attribute-empty-style": "off",
    "no-trailing-whitespace": "off",
    // Addresses of a map, a search or a code are as long as they are.
    "long-title": "off",
    // A list without bullets is no list to VoiceOver unless it says so.
    "no-redundant-role": "off",
    // Numbers in texts are prices and years.
    "tel-non-breaking": "off",
    // Pages are not there to be read by robots alone, and a form without a button in it does not exist.
    "prefer-native-element": ["error", { exclude: ["status", "alert", "region"] }],
  },
});

let browser;
let parse;
let keys;
const weights = new Map();
before(async () => {
  browser = await launch();
  parse = await parser(browser);
  keys = await messageIds();
});
after(async () => {
  await parse.close();
  await browser.close();
});

// The path with what differs from page to page taken out: what is of one kind is sent once.
const kindOf = (path) =>
  path
    .split("?")[0]
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "*")
    .replace(/\/[a-z0-9-]*[0-9a-f]{32}/g, "/*");

class Crawl {
  faults = [];
  pages = new Map();
  sent = new Set();
  forms = 0;

  constructor(client, role) {
    this.client = client;
    this.role = role;
  }

  fault(path, text) {
    this.faults.push(`${this.role} ${path}: ${text}`);
  }

  async everything(from) {
    const queue = from.map((path) => ({ path, from: 200 }));
    const seen = new Set(from);
    const later = [];
    const add = (links, status) => {
      for (const link of links) {
        // There is a way to the sign-in from each page, and all are one page.
        const name = link.includes("return=") ? kindOf(link) : link;
        if (!seen.has(name)) queue.push({ path: link, from: status });
        seen.add(name);
      }
    };
    while (queue.length && this.pages.size < MOST_PAGES) {
      const { path, from } = queue.shift();
      const answer = await this.client.follow(path);
      // A page that refuses leads to itself in another language. What was withdrawn since cannot be changed any more.
      const expected = answer.status < 400 || answer.status === from || (answer.status === 409 && /\/(edit|files\/new(\?.*)?)$/.test(path));
      if (!expected) this.fault(path, `${answer.status} (${answer.way.join(" → ")})`);
      const page = await this.look(path, answer);
      if (!page) continue;
      this.pages.set(path, page);
      add(page.here, answer.status);
      for (const form of page.forms) {
        if (/\/(sign-out|erase)$/.test(form.action)) later.push([path, form]);
        else await this.send(path, form, add);
      }
    }
    // What ends the session comes last; erasing before it.
    later.sort(([, a], [, b]) => a.action.localeCompare(b.action));
    for (const [path, form] of later) await this.send(path, form, () => {});
    assert.ok(this.pages.size < MOST_PAGES, "the crawl comes to an end");
  }

  // Looks at an answer. Gives what is on it, if it is a page.
  async look(path, answer) {
    if (answer.status >= 500) this.fault(path, `${answer.status}`);
    if (!answer.headers["content-type"]?.startsWith("text/html")) return undefined;
    const page = await parse.read(answer.text);
    const language = answer.path.split("/")[1];
    if (languages.includes(language) && page.language !== language) this.fault(path, `is in ${page.language}`);
    if (!page.title) this.fault(path, "has no title");
    if (page.headings !== 1) this.fault(path, `has ${page.headings} h1`);
    if (page.inline) this.fault(path, "has inline styles or code");
    for (const text of page.texts) {
      if (keys.has(text) || /\{ ?\$|\bNaN\b|\bundefined\b|\[object /.test(text)) this.fault(path, `says “${text}”`);
    }
    await this.weigh(path, answer, page);
    this.validate(path, answer.text);
    page.here = [];
    for (const link of page.links) {
      const url = new URL(link, base + answer.path);
      if (url.protocol === "mailto:" || url.origin !== base) continue;
      const same = url.pathname === answer.path.split("?")[0];
      if (url.hash && same && !page.ids.includes(url.hash.slice(1))) this.fault(path, `leads to ${link}, which is not on it`);
      if (!same || !url.hash) page.here.push(url.pathname + url.search);
    }
    return page;
  }

  async weigh(path, answer, page) {
    let weight = answer.weight;
    for (const asset of page.assets.filter((url) => !url.startsWith("data:"))) {
      if (!weights.has(asset)) {
        const { status, weight, headers } = await this.client.send(asset);
        if (status !== 200) this.fault(path, `${asset} answers ${status}`);
        if (!headers["cache-control"]?.includes("immutable")) this.fault(path, `${asset} is not kept`);
        weights.set(asset, /\.(css|js)$/.test(asset) || asset.includes("theme") ? weight : 0);
      }
      weight += weights.get(asset);
    }
    page.weight = weight;
    if (weight > HEAVIEST) this.fault(path, `weighs ${weight} bytes`);
  }

  validate(path, html) {
    const { results } = validator.validateStringSync(html);
    for (const { ruleId, message, line, column } of results.flatMap((result) => result.messages)) {
      this.fault(path, `${ruleId}: ${message} (${line}:${column} ${html.split("\n")[line - 1].slice(column - 1, column + 80)})`);
    }
  }

  // Sends a form with each of its buttons: as it is, and filled in.
  async send(path, form, add) {
    const action = form.action || path;
    const names = form.fields.map((field) => field.name.replace(/^(points|rank)\..*/, "$1.*"));
    const shape = `${form.method} ${kindOf(action)} ${[...new Set(names)].sort().join(",")}`;
    const buttons = form.buttons.length ? form.buttons : [{ name: "", value: "", action: "" }];
    for (const button of buttons) {
      for (const fill of form.fields.some((field) => field.kind !== "hidden") ? [false, true] : [false]) {
        const once = `${shape} ${button.value} ${button.action && kindOf(button.action)} ${fill}`;
        if (this.sent.has(once)) continue;
        this.sent.add(once);
        this.forms += 1;
        const values = entered(form, fill);
        if (button.name) values.push([button.name, button.value]);
        const to = button.action || action;
        const answer =
          form.method === "get"
            ? await this.client.follow(`${to}?${new URLSearchParams(values)}`)
            : await this.client.follow(to, { method: "POST", form: values, parts: button.parts ?? form.parts });
        const name = `${form.method} ${to} from ${path}, ${fill ? "filled in" : "as it is"}`;
        // One address gets twenty codes by mail an hour; the page that says so is looked at like any other.
        const enough = answer.status === 429 && /\/(sign-in\/email|register)$/.test(to);
        if (!enough && ![200, 404, 409, 422].includes(answer.status)) this.fault(name, `${answer.status}`);
        const page = await this.look(name, answer);
        if (!page) continue;
        add(page.here, answer.status);
        for (const next of page.forms) {
          if (!/\/(sign-out|erase)$/.test(next.action)) await this.send(answer.path, next, add);
        }
      }
    }
  }
}

// What a person might enter, or what the form came with.
function entered(form, fill) {
  const text = { number: "1001", code: "ABCD-EFGH", email: "nobody@villeneuve.example", q: "arbres", find: "a", title: "Un banc de plus devant la mairie" };
  const values = [];
  const chosen = new Set();
  for (const { name, kind, value, checked, options } of form.fields) {
    if (kind === "hidden" || !fill) {
      if (kind !== "checkbox" && kind !== "radio") values.push([name, value]);
      else if (checked) values.push([name, value]);
    } else if (kind === "checkbox" || kind === "radio") {
      if (!chosen.has(name)) values.push([name, value]);
      chosen.add(name);
    } else if (kind === "select") {
      values.push([name, options.at(-1) ?? ""]);
    } else if (/^(points|rank)\./.test(name)) {
      values.push([name, chosen.has("number") ? "" : "1"]);
      chosen.add("number");
    } else {
      values.push([name, text[name] ?? "Un texte assez long pour être pris au sérieux."]);
    }
  }
  return values;
}

const roots = (language) => [
  at(language),
  at(language, "/processes"),
  at(language, "/help"),
  at(language, "/search?q=arbres"),
  at(language, "/search"),
  at(language, "/legal/terms"),
  at(language, "/legal/privacy"),
  at(language, "/legal/accessibility"),
  at(language, "/votes"),
  at(language, "/receipts"),
  at(language, "/sign-in"),
];

async function sitemap(client) {
  const index = await client.send("/sitemap.xml");
  assert.equal(index.status, 200);
  const locations = (text) => [...text.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, url]) => new URL(url));
  const pages = [];
  for (const file of locations(index.text)) {
    const answer = await client.send(file.pathname);
    assert.equal(answer.status, 200, file.href);
    pages.push(...locations(answer.text).map((url) => url.pathname));
  }
  return pages;
}

const crawls = {};
test("as a visitor: every link leads somewhere, every form is answered, every page is sound", async () => {
  const client = new Client();
  const crawl = new Crawl(client, "visitor");
  crawls.visitor = crawl;
  const listed = await sitemap(client);
  assert.ok(listed.length > 50);
  await crawl.everything(["/", ...languages.flatMap(roots), ...listed]);
  finish(crawl);
});

test("as a resident: the same, with the booth, proposals and the account", async () => {
  const client = new Client();
  await client.signIn(members.crawler, await code(members.crawler));
  const crawl = new Crawl(client, "resident");
  crawls.resident = crawl;
  const own = (language) => [at(language, "/account"), at(language, "/account/erase"), at(language, "/my-proposals")];
  await crawl.everything([...languages.flatMap(own), ...languages.flatMap(roots)]);
  assert.ok([...crawl.sent].some((form) => form.includes("/cast")), "a ballot was cast");
  finish(crawl);
});

function finish({ role, pages, forms, faults }) {
  const heaviest = [...pages].sort(([, a], [, b]) => b.weight - a.weight)[0];
  report(`crawl as ${role}: ${pages.size} pages, ${languages.length} languages, ${forms} forms sent, ${faults.length} faults; ` +
    `heaviest page ${heaviest?.[1].weight} bytes compressed (${heaviest?.[0]})`);
  assert.deepEqual([...new Set(faults)], []);
}

test("in a browser of 320 px: nothing is wider, nothing complains", async () => {
  const visit = await visitor(browser, { viewport: { width: 320, height: 640 } });
  const faults = [];
  const all = [...(crawls.visitor?.pages.keys() ?? [])];
  // All in one language; of the other one of each kind, and the same for searches and filters.
  const whole = all.filter((path) => path.startsWith("/fr") && !path.includes("?"));
  const kinds = new Map(all.filter((path) => !whole.includes(path)).map((path) => [kindOf(path) + path.includes("?"), path]));
  const pages = [...whole, ...kinds.values()];
  assert.ok(pages.length > 50);
  for (const path of pages) {
    await visit.page.goto(path);
    const wider = await overflow(visit.page);
    if (wider) faults.push(`${path} is ${wider} px wider than 320 px`);
  }
  report(`320 px: ${pages.length} pages opened, ${faults.length} too wide, ${visit.complaints.length} complaints`);
  await visit.close();
  assert.deepEqual([...faults, ...visit.complaints], []);
});
