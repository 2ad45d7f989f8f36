// The city that runs for the tests (scripts/browser starts it): its address, its letters, its polls.
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export const base = process.env.COMITIA_URL;
export const data = process.env.COMITIA_DATA;
export const languages = ["fr", "en"];
export const phone = { width: 360, height: 740 };
export const desk = { width: 1280, height: 900 };

// The members that each test votes as, so that none finds another's ballot. Those who vote in all budgets live near the station.
export const members = {
  journeys: [1046, 1050, 1053, 1057],
  keyboard: 1060,
  proposer: [1064, 1065],
  crawler: 1067,
  axe: 1071,
  erased: 1072,
  firefox: 1074,
  safety: 1078,
  screenshots: 1081,
  reflow: 1085,
  participants: [1089, 1093],
  claimed: 1095,
  mapped: 1098,
  elsewhere: 1002,
  child: 1010,
};

let letters;
export async function code(member) {
  letters ??= JSON.parse(await readFile(join(data, "city.json"), "utf8")).codes;
  return letters[member];
}

export async function api(path, token) {
  const answer = await fetch(`${base}/v1/${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

// A session of the team, for what only they can list.
export async function administrator() {
  const { operator_key: operatorKey } = JSON.parse(await readFile(join(data, "secrets.json"), "utf8"));
  const answer = await fetch(`${base}/v1/sessions:signInOperator`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ operatorKey, asAdministrator: true }),
  });
  return (await answer.json()).session.accessToken;
}

// Polls by what their ballots express; `coming` is not open yet, `gare` is for one area.
export async function polls() {
  const { polls } = await api("polls?pageSize=1000");
  const found = {};
  for (const { pollId, state, title } of polls) {
    const { poll } = await api(`polls/${pollId}`);
    if (state === "POLL_STATE_SCHEDULED") found.coming = poll;
    else if (state !== "POLL_STATE_OPEN") found.over ??= poll;
    else if (poll.eligibility.districts?.length) found.gare = poll;
    else found[poll.specification.type.replace("BALLOT_TYPE_", "").toLowerCase()] = poll;
    poll.title = title;
  }
  return found;
}

export const kinds = ["approval", "knapsack", "cumulative", "ranking", "choose_one", "score"];

// The newest code that was mailed to an address.
export async function mailedCode(address) {
  const folder = join(data, "mail");
  const mails = await Promise.all(
    (await readdir(folder))
      .filter((name) => name.endsWith(".eml"))
      .map(async (name) => ({ time: (await stat(join(folder, name))).mtimeMs, text: await readFile(join(folder, name), "utf8") })),
  );
  const own = mails.filter(({ text }) => text.includes(`To: ${address}`)).sort((a, b) => a.time - b.time);
  // In the language of the page: twelve digits are the code in any.
  const code = /\b\d{12}\b/.exec(own.at(-1)?.text.split("\r\n\r\n")[1] ?? "")?.[0];
  if (!code) throw new Error(`no code was mailed to ${address}`);
  return code;
}

// The ids of messages: none of them may be read on a page.
export async function messageIds() {
  const folder = new URL("../../locales/fr/", import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith(".ftl"));
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), "utf8")));
  return new Set(texts.flatMap((text) => [...text.matchAll(/^(-?[a-z][a-z0-9-]*) *=/gm)].map(([, id]) => id)));
}

// What is said at the end of a run (scripts/browser shows it).
export function report(line) {
  process.stdout.write(`COUNT ${line}\n`);
}
