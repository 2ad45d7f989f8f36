// A page of every kind and in every state, with the way to it: for axe, for pictures.
import { at, cast, checkBallot, fillBallot } from "./browser.mjs";
import { administrator, api, kinds, polls } from "./site.mjs";
import { openSheet } from "./sheets.mjs";

const plain = (id) => id.replaceAll("-", "");
const path = (path) => async ({ page, language }) => {
  await page.goto(at(language, path));
};

async function proposalsOf(processId) {
  const { proposals } = await api(`processes/${processId}/proposals?pageSize=1000`, await administrator());
  return proposals;
}

// Places that anybody sees.
export async function publicPlaces() {
  const { processes } = await api("processes");
  const phase = (kind) => processes.find((one) => one.currentPhase?.kind === `PHASE_KIND_${kind}`);
  const [submission, vote, execution] = ["SUBMISSION", "VOTE", "EXECUTION"].map(phase);
  const coming = processes.find((one) => !one.currentPhase);
  const proposals = await proposalsOf(submission.processId);
  const proposal = (test) => `/proposals/${plain(proposals.find(test).proposalId)}`;
  const titled = (text) => proposal(({ title }) => title?.includes(text));
  const { budgets: open } = await api(`processes/${vote.processId}/budgets`);
  const { budgets: over } = await api(`processes/${execution.processId}/budgets`);
  const big = over.find(({ title }) => title.startsWith("Toute la ville"));
  const { projects } = await api(`budgets/${big.budgetId}/projects`);
  const project = (reference) => `/projects/${plain(projects.find((one) => one.reference === reference).projectId)}`;
  const polled = await polls();
  const sheet = await openSheet({
    basis: "ELIGIBILITY_BASIS_ANYONE",
    texts: [
      { language: "fr", body: "# Notre demande\n\nUn tilleul dans chaque rue, avant 2030." },
      { language: "en", body: "# What we ask for\n\nA lime tree in each street, before 2030." },
    ],
  });
  const signed = async (visit) => {
    await path(`/votes/${sheet}/sign`)(visit);
    await cast(visit.page);
    await visit.page.waitForSelector(".confirmation");
  };
  const process = (one) => `/processes/${plain(one.processId)}`;
  return {
    home: path(""),
    desk: path("/desk"),
    processes: path("/processes"),
    "process-submission": path(process(submission)),
    "process-vote": path(process(vote)),
    "process-over": path(process(execution)),
    "process-coming": path(process(coming)),
    proposals: path(`${process(submission)}/proposals`),
    "proposals-none": path(`${process(submission)}/proposals?q=xyzzy`),
    "proposal-answered": path(titled("médiathèque")),
    "proposal-long": path(titled("plan d’adaptation")),
    "proposal-right-to-left": path(titled("حديقة")),
    "proposal-long-word": path(titled("Donaudampf")),
    "proposal-markup": path(titled("<script>")),
    "proposal-hidden": path(proposal(({ hidden }) => hidden)),
    "budget-open": path(`/budgets/${plain(open.find(({ title }) => title.startsWith("Toute")).budgetId)}`),
    "budget-over": path(`/budgets/${plain(big.budgetId)}`),
    project: path(project("1")),
    "project-given-up": path(project("4")),
    result: path(`/budgets/${plain(big.budgetId)}/result`),
    "result-threshold": path(`/budgets/${plain(over.find((one) => one !== big).budgetId)}/result`),
    terms: path("/legal/terms"),
    privacy: path("/legal/privacy"),
    accessibility: path("/legal/accessibility"),
    help: path("/help"),
    search: path("/search?q=arbres"),
    "search-nothing": path("/search?q=xyzzy"),
    votes: path("/votes"),
    "vote-coming": path(`/votes/${polled.coming.pollId}`),
    "vote-over": path(`/votes/${polled.over.pollId}`),
    sheet: path(`/votes/${sheet}`),
    "sheet-check": path(`/votes/${sheet}/sign`),
    "sheet-receipt": signed,
    "sheet-count": path(`/votes/${sheet}/signatures`),
    "sheet-proof": path(`/votes/${sheet}/prove`),
    "sheet-not-begun": path("/sign-in/provider?code=a&state=b"),
    "with-not-begun": path("/sign-in/with?code=a&state=b"),
    receipts: path("/receipts"),
    "receipt-unknown": path(`/receipts/${polled.approval.pollId}?code=ABCD`),
    "sign-in": path("/sign-in"),
    "sign-in-letter": path("/sign-in/letter"),
    "sign-in-letter-wrong": async (visit) => {
      await path("/sign-in/letter")(visit);
      await visit.page.fill("#number", "1");
      await visit.page.click("main form button[type=submit]");
    },
    register: path("/register"),
    "sign-in-email": path("/sign-in/email"),
    "sign-in-email-code": async (visit) => {
      await path("/sign-in/email")(visit);
      await visit.page.fill("#email", "nobody@villeneuve.example");
      await visit.page.click("main form button[type=submit]");
    },
    "not-found": path("/no-such-page"),
    gallery: path("/gallery"),
  };
}

// Places of somebody who has signed in, in an order that can be walked.
export async function ownPlaces() {
  const polled = await polls();
  const { processes } = await api("processes");
  const submission = processes.find((one) => one.currentPhase?.kind === "PHASE_KIND_SUBMISSION");
  const places = { "votes-signed-in": path("/votes") };
  for (const kind of kinds) {
    places[`ballot-${kind}`] = async (visit) => {
      await path(`/votes/${polled[kind].pollId}`)(visit);
      await fillBallot(visit.page, kind, [1, 0]);
    };
  }
  const checked = (kind, chosen) => async (visit) => {
    await path(`/votes/${polled[kind].pollId}`)(visit);
    await fillBallot(visit.page, kind, chosen);
    await checkBallot(visit.page);
  };
  places["ballot-wrong"] = checked("knapsack", [0, 1, 2, 4]);
  places["ballot-check"] = checked("ranking", [1, 0, 2]);
  places["ballot-receipt"] = async (visit) => {
    await checked("approval", [0, 2])(visit);
    await cast(visit.page);
    await visit.page.waitForSelector(".confirmation");
  };
  const proposing = `/processes/${plain(submission.processId)}/proposals/new`;
  const written = (to) => async (visit) => {
    await path(proposing)(visit);
    await visit.page.click("main button[value=title]");
    if (to === "title") return;
    await visit.page.fill("#title", "Des arbres et des bancs devant la mairie");
    await visit.page.click("main button[value=alike]");
    if (to === "alike") return;
    await visit.page.click("main button[value=details]");
    if (to === "details") return;
    if (to === "check") await visit.page.fill("#body", "Deux bancs et un tilleul.\n\n- à l’ombre\n- près de la fontaine");
    await visit.page.click("main button[value=check]");
  };
  Object.assign(places, {
    "proposal-new": path(proposing),
    "proposal-new-title": written("title"),
    "proposal-new-alike": written("alike"),
    "proposal-new-details": written("details"),
    "proposal-new-wrong": written("wrong"),
    "proposal-new-check": written("check"),
    "my-proposals": path("/my-proposals"),
    account: path("/account"),
    "account-erase": path("/account/erase"),
  });
  return places;
}
