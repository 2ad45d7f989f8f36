// The texts of the pages, as the locale files have them: a journey in any language presses what stands there.
import { readFile, readdir } from "node:fs/promises";

const folder = new URL("../../locales/", import.meta.url);
const entry = /^([a-z][a-z0-9-]*) *= *(.*(?:\n(?: +.*|(?=\n +)))*)/gm;

// What differs between two texts that read the same.
export const plain = (text) => text.replace(/[\u2066-\u2069]/g, "").replace(/\s+/g, " ").trim();

export async function words(language) {
  const names = (await readdir(new URL(`${language}/`, folder))).filter((name) => name.endsWith(".ftl"));
  const files = await Promise.all(names.map((name) => readFile(new URL(`${language}/${name}`, folder), "utf8")));
  const texts = new Map(files.flatMap((file) => [...file.matchAll(entry)].map(([, id, text]) => [id, text])));
  const plural = new Intl.PluralRules(language);
  const t = (id, values = {}) => {
    const text = texts.get(id);
    if (text === undefined) throw new Error(`${language} has no text ${id}`);
    return plain(chosen(text, (name) => plural.select(values[name])).replace(/\{ *\$([a-z_]+) *\}/g, (_, name) => String(values[name] ?? `{${name}}`)));
  };
  // Each text, and each form of a plural, as a pattern in which anything may stand for a value. What is little but values says nothing.
  const patterns = [...texts.values()]
    .flatMap((text) => forms(text))
    .filter((form) => !form.includes("$") || form.replace(value, "").replace(/\P{L}/gu, "").length > 3)
    .map((form) => pattern(plain(form)));
  return { language, t, says: (text) => patterns.some((one) => one.test(plain(text))) };
}

const value = /\{ *\$[a-z_]+ *\}/g;
const variant = /\*?\[([a-z]+)\] ((?:\{ *\$[a-z_]+ *\}|[^{}[\]*])*)/g;
const select = /\{ *(?:PLURAL|NUMBER)?\(?\$([a-z_]+)\)? *->((?:\{ *\$[a-z_]+ *\}|[^{}])*)\}/g;

function chosen(text, category) {
  return text.replace(select, (_, name, body) => {
    const variants = new Map([...body.matchAll(variant)].map(([, key, value]) => [key, value.trim()]));
    return variants.get(category(name)) ?? variants.get("other");
  });
}

function forms(text) {
  if (!text.includes("->")) return [text];
  return [...text.matchAll(variant)].map(([, , value]) => value);
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const pattern = (text) => new RegExp(`^${text.split(value).map(escaped).join(".+")}$`);
// The same for what stands on a page, whatever spaces it has.
export const exactly = (text) => new RegExp(`^\\s*${escaped(text).replaceAll(" ", "\\s+")}\\s*$`);
