// A page is looked at by axe, and at a phone's width.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { overflow } from "./browser.mjs";
import { phone } from "./site.mjs";

const everything = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function inspector() {
  const figures = { pages: 0, violations: 0 };
  const inspect = async (page, name = page.url()) => {
    await page.evaluate(source);
    const result = await page.evaluate((runOnly) => axe.run(document, { runOnly, resultTypes: ["violations"] }), everything);
    figures.pages += 1;
    const found = result.violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${name}: ${id}: ${node.html.slice(0, 200)}`));
    figures.violations += found.length;
    const before = page.viewportSize();
    await page.setViewportSize(phone);
    const wide = await overflow(page);
    await page.setViewportSize(before);
    if (wide > 0) found.push(`${name}: ${wide} px too wide`);
    return found;
  };
  return { inspect, figures };
}
