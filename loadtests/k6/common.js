// What the scenarios share: the voters and their way through the API, as a browser would go it.

import http from 'k6/http';
import crypto from 'k6/crypto';
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import { sleep } from 'k6';
import { SharedArray } from 'k6/data';
import { Counter } from 'k6/metrics';

// The plan that comitia-loadtests has written: gateway, host, poll, options, choices, rate, seconds.
export const plan = JSON.parse(open(`${__ENV.FOLDER}/plan.json`));
// [member number, access code] of each voter.
const voters = new SharedArray('voters', () => JSON.parse(open(`${__ENV.FOLDER}/voters.json`)));

// Ballots that were acknowledged as the first of their voter, and as a change of it.
export const firstBallots = new Counter('first_ballots');
export const changedBallots = new Counter('changed_ballots');
// Voters who were asked to come later so often that they gave up, or whose poll was closed.
export const gaveUp = new Counter('voters_gave_up');
export const tooLate = new Counter('voters_too_late');

const ATTEMPTS = 10;

// What every scenario's options have: few tags, because each is a column of every sample.
export const common = {
  systemTags: ['name', 'status', 'error_code', 'scenario'],
  discardResponseBodies: false,
  // Each voter is somebody else: who waits shows the ticket that the waiting room gave to this one.
  noCookiesReset: false,
};

function parameters(name, shown) {
  return {
    headers: { host: plan.host, 'content-type': 'application/json', ...shown },
    tags: { name },
    timeout: '15s',
  };
}

// Whether the answer asks to come again: overload, waiting room, rate limit, a service that is away, no answer at all.
function passing(answer) {
  return answer.status === 0 || answer.status === 429 || answer.status === 502 || answer.status === 503 || answer.status === 504;
}

// POSTs until there is an answer that stays, waiting as long as the server says. Every call of a voter may be repeated. Who
// is told to wait their turn takes a ticket, and shows it from then on.
function post(name, path, body, token) {
  const session = token ? { authorization: `Bearer ${token}` } : {};
  let place = {};
  for (let attempt = 1; ; attempt++) {
    const answer = http.post(plan.gateway + path, JSON.stringify(body), parameters(name, { ...session, ...place }));
    if (!passing(answer) || attempt === ATTEMPTS) return answer;
    let wait = Number(answer.headers['Retry-After']);
    if (!place['comitia-ticket'] && String(answer.body).includes('WAITING_ROOM')) {
      const room = http.get(`${plan.gateway}/v1/waitingRoom`, parameters('waiting room'));
      wait = Number(room.headers['Retry-After']);
      place = room.status === 200 ? placeIn(room.json()) : {};
    }
    sleep((wait > 0 ? wait : 0.5) * (0.75 + Math.random() / 2));
  }
}

// The header that shows a place in the waiting room.
function placeIn(standing) {
  if (standing.pass) return { 'comitia-pass': standing.pass };
  return standing.ticket ? { 'comitia-ticket': standing.ticket } : {};
}

export function read(name, path) {
  return http.get(plan.gateway + path, parameters(name));
}

// The voter of this iteration; nothing when there are no more.
export function nextVoter() {
  return voters[exec.scenario.iterationInTest];
}

// Signs in with the code from the letter and opens the poll. Gives the permit.
export function permitOf(voter) {
  const session = post('sign-in', '/v1/sessions:signInWithAccessCode', { memberNumber: voter[0], accessCode: voter[1] });
  if (session.status !== 200) return refused(session);
  const permit = post('permit', `/v1/polls/${plan.poll}/permits`, {}, session.json('session.accessToken'));
  if (permit.status !== 200) return refused(permit);
  return permit.json('permit');
}

// A ballot that approves some options; another `turn` gives another one.
export function ballot(turn) {
  const start = exec.scenario.iterationInTest + turn;
  const choices = [];
  for (let place = 0; place < plan.choices; place++) {
    choices.push({ optionId: `option-${(start + place * 7) % plan.options}` });
  }
  return { choices };
}

// Casts, and says whether the ballot counts now.
export function cast(permit, expressed) {
  const castSecret = encoding.b64encode(crypto.randomBytes(16));
  const answer = post('cast', `/v1/polls/${plan.poll}/ballots`, { permit, ballot: expressed, castSecret });
  if (answer.status !== 200) {
    refused(answer);
    return false;
  }
  (answer.json('receipt.revision') === 1 ? firstBallots : changedBallots).add(1);
  return true;
}

function refused(answer) {
  const closed = answer.status >= 400 && answer.status < 500 && String(answer.body).includes('POLL_CLOSED');
  (closed ? tooLate : gaveUp).add(1);
  return null;
}

// Looks at the turnout for a while, as the page does that shows it.
export function watch(looks) {
  for (let look = 0; look < looks; look++) {
    read('turnout', `/v1/polls/${plan.poll}/turnout`);
    sleep(2);
  }
}

// Somebody who reads the page of the poll and looks at its turnout once.
export function reader() {
  read('poll', `/v1/polls/${plan.poll}`);
  read('turnout', `/v1/polls/${plan.poll}/turnout`);
}

// An arrival-rate scenario: [[seconds, arrivals a second at their end], ...], from `start` arrivals a second. `held` is how
// many seconds one arrival takes at the most, so that there are enough virtual users.
export function arrivals(exec_, stages, held, start = stages[0][1]) {
  const most = Math.max(...stages.map(([, rate]) => rate));
  const users = Math.ceil(most * held) + 10;
  return {
    executor: 'ramping-arrival-rate',
    exec: exec_,
    startRate: Math.round(start),
    timeUnit: '1s',
    preAllocatedVUs: Math.min(users, 500),
    maxVUs: users,
    gracefulStop: '30s',
    stages: stages.map(([seconds, rate]) => ({ duration: `${Math.round(seconds)}s`, target: Math.round(rate) })),
  };
}
