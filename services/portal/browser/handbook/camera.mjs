// The pictures of the handbook: what a step is about, cut out of its page. Outside of `make handbook` a picture is measured and not
// kept.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { withPalette } from "./palette.mjs";

export const handbook = new URL("../../../../docs/handbook/", import.meta.url);
const keeps = process.env.HANDBOOK === "1";
const bytesMost = 40 * 1024;
const around = 20;
// Scales and numbers of colours, from what looks best to what is smallest.
const finest = [[1.5, 32], [1.5, 16], [1.25, 16], [1, 16]];

// What the window shows, and no more.
const screen = "html";

export function camera(language, inspect) {
  const taken = new Set();
  const found = [];
  const folder = new URL(`images/${language}/`, handbook);

  // From the first of the parts to the last, as wide as the widest.
  async function cut(page, parts) {
    const scrolled = await page.evaluate("[scrollX, scrollY]");
    if (parts[0] === screen) return { x: scrolled[0], y: scrolled[1], ...page.viewportSize() };
    const boxes = await Promise.all(parts.map((part) => page.locator(part).first().boundingBox()));
    const [left, top] = ["x", "y"].map((edge) => Math.min(...boxes.map((box) => box[edge])));
    const right = Math.max(...boxes.map((box) => box.x + box.width));
    const bottom = Math.max(...boxes.map((box) => box.y + box.height));
    const x = Math.max(0, left - around);
    const wide = Math.min(page.viewportSize().width, right + around) - x;
    const y = Math.max(0, top + scrolled[1] - around);
    return { x: x + scrolled[0], y, width: wide, height: bottom + scrolled[1] + around - y };
  }

  // A browser shows dates in the language that it was installed in. In the picture they are in the reader's.
  const dates = (page, shown) =>
    page.evaluate(
      ({ language, shown }) => {
        for (const field of document.querySelectorAll("input[type=date], input[data-day]")) {
          if (shown && field.value) {
            field.dataset.day = field.value;
            const day = new Date(`${field.value}T12:00:00Z`);
            Object.assign(field, { type: "text", value: day.toLocaleDateString(language === "en" ? "en-GB" : language) });
          } else if (field.dataset.day) {
            Object.assign(field, { type: "date", value: field.dataset.day });
            delete field.dataset.day;
          }
        }
        for (const field of document.querySelectorAll("input[type=time], input[data-time]")) {
          field.toggleAttribute("data-time", shown);
          field.type = shown ? "text" : "time";
        }
      },
      { language, shown },
    );

  async function keep(page, name, clip, beyond) {
    await dates(page, true);
    await mkdir(folder, { recursive: true });
    const session = await page.context().newCDPSession(page);
    let picture;
    for (const [scale, colours] of finest) {
      const asked = { format: "png", captureBeyondViewport: beyond, clip: { ...clip, scale } };
      const { data } = await session.send("Page.captureScreenshot", asked);
      picture = await withPalette(page.context().browser(), Buffer.from(data, "base64"), colours);
      if (picture.length <= bytesMost) break;
    }
    await session.detach();
    await dates(page, false);
    assert.ok(picture.length <= bytesMost, `${name} has ${picture.length} bytes: it shows too much`);
    await writeFile(new URL(`${name}.png`, folder), picture);
  }

  return {
    screen,
    taken,
    found,
    // A state that is worth no picture, and is to be as good.
    async look({ page }) {
      await page.waitForLoadState();
      if (!keeps) found.push(...(await inspect(page)));
    },
    async take({ page }, name, ...parts) {
      await page.waitForLoadState();
      assert.ok(!taken.has(name), `${name} is taken twice`);
      const clip = await cut(page, parts.length ? parts : ["main > :first-child", "main > :last-child"]);
      assert.ok(clip.width > 200 && clip.height > 60 && clip.height < 1800, `${name} shows ${clip.width} by ${clip.height} px`);
      taken.add(name);
      if (keeps) await keep(page, name, clip, parts[0] !== screen);
      else found.push(...(await inspect(page, name)));
    },
  };
}
