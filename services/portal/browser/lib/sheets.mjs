// Signature sheets for the tests, made through the API as a team does.
import { setTimeout as pause } from "node:timers/promises";
import { administrator, base } from "./site.mjs";

// The issuer of the provider that runs for the tests (scripts/browser); nothing where it is not installed.
export const issuer = process.env.COMITIA_ISSUER;

// A UUIDv7.
function newId() {
  const time = Date.now().toString(16).padStart(12, "0");
  const random = crypto.randomUUID().replaceAll("-", "");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
}

export async function until(what, ask) {
  for (const end = Date.now() + 30_000; Date.now() < end; await pause(200)) {
    const found = await ask();
    if (found) return found;
  }
  throw new Error(`${what} in half a minute`);
}

// A sheet that is open. Its permits are there once identity has heard of it.
export async function openSheet({ basis = "ELIGIBILITY_BASIS_PROVIDERS", level = "", title = "Un tilleul dans chaque rue", withdrawable = false, texts = [] } = {}) {
  const token = await administrator();
  const time = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const providers = basis === "ELIGIBILITY_BASIS_PROVIDERS" ? ["certified"] : [];
  const pollId = newId();
  const answer = await fetch(`${base}/v1/polls`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({
      pollId,
      title,
      openTime: time(-1),
      closeTime: time(240),
      eligibility: { basis, providers, ...(level && { providerLevel: level }) },
      specification: { type: "BALLOT_TYPE_SIGNATURE" },
      signatureSheet: {
        ...(withdrawable && { withdrawalAllowed: true }),
        texts,
        milestones: [{ milestoneId: "first", minSignatures: "1" }, { milestoneId: "debate", minSignatures: "100000" }],
      },
    }),
  });
  if (!answer.ok) throw new Error(`a sheet: ${answer.status} ${await answer.text()}`);
  await until("identity knows the sheet", async () => (await fetch(`${base}/v1/polls/${pollId}/providers`)).ok);
  return pollId;
}

// Signs an open sheet as a browser of its own, by the API; the receipt's code.
export async function signOpenly(pollId) {
  const send = async (path, body) => {
    const answer = await fetch(`${base}/v1/polls/${pollId}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const random = (length) => Buffer.from(crypto.getRandomValues(new Uint8Array(length)));
  const { permit } = await send("permits:issueOpen", { browserSecret: random(32).toString("base64url") });
  const { receipt } = await send("ballots", { permit, ballot: {}, castSecret: random(16).toString("base64") });
  return receipt.trackingCode;
}
