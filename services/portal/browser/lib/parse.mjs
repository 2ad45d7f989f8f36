// Reads pages in the browser, so that they are read as browsers read them: in an empty page, where nothing is run or fetched.
export async function parser(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const read = (html) => page.evaluate(readDocument, html);
  return { read, close: () => context.close() };
}

function readDocument(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const texts = [];
  const walker = page.createTreeWalker(page.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    if (text) texts.push(text);
  }
  for (const name of ["aria-label", "alt", "title", "placeholder", "content"]) {
    for (const element of page.querySelectorAll(`[${name}]`)) texts.push(element.getAttribute(name));
  }
  const fieldsOf = (form) =>
    [...form.querySelectorAll("input, select, textarea")]
      .filter((field) => field.name && !field.disabled)
      .map((field) => ({
        name: field.name,
        kind: field.localName === "input" ? field.type : field.localName,
        value: field.localName === "select" ? (field.value ?? "") : field.getAttribute("value") ?? field.value ?? "",
        checked: field.hasAttribute("checked"),
        options: field.localName === "select" ? [...field.options].map((option) => option.value) : [],
      }));
  return {
    title: page.title,
    language: page.documentElement.lang,
    headings: page.querySelectorAll("h1").length,
    ids: [...page.querySelectorAll("[id]")].map((element) => element.id),
    links: [...page.querySelectorAll("a[href]")].map((link) => link.getAttribute("href")),
    assets: [
      ...[...page.querySelectorAll("link[rel=stylesheet], link[rel=icon]")].map((link) => link.getAttribute("href")),
      ...[...page.querySelectorAll("script[src], img[src]")].map((element) => element.getAttribute("src")),
    ],
    inline: page.querySelectorAll("[style], style, script:not([src]), [onclick], [onload], [onerror]").length,
    texts,
    forms: [...page.querySelectorAll("form")].map((form) => ({
      action: form.getAttribute("action") ?? "",
      method: form.method,
      parts: form.enctype === "multipart/form-data",
      fields: fieldsOf(form),
      buttons: [...form.querySelectorAll("button:not([type=button])")].map((button) => ({
        name: button.name,
        value: button.value,
        action: button.getAttribute("formaction") ?? "",
        parts: (button.getAttribute("formenctype") ?? form.enctype) === "multipart/form-data",
      })),
    })),
  };
}
