// A vote by pages, as browsers without script do it: people sign in with the code of their letter, open the ballot, check it,
// cast it and look at their receipt; three times as many only read.

import http from 'k6/http';
import exec from 'k6/execution';
import { sleep } from 'k6';
import { arrivals, common, firstBallots, gaveUp, nextVoter, plan, tooLate } from './common.js';

const { rate, seconds } = plan;
const day = [[seconds * 0.2, rate], [seconds * 0.6, rate], [seconds * 0.2, rate / 4]];
const ATTEMPTS = 10;

export const options = {
  ...common,
  scenarios: {
    voters: arrivals('voter', day, 8, rate / 10),
    readers: arrivals('reader', day.map(([time, target]) => [time, target * 3]), 1, rate / 3),
  },
};

const parameters = (name, more) => ({
  headers: { host: plan.host, accept: 'text/html', 'accept-encoding': 'gzip', 'accept-language': 'fr' },
  tags: { name },
  timeout: '15s',
  ...more,
});

// Asks until there is an answer that stays: whoever was told to wait does, and sends the same again. In the waiting room the cookie
// keeps the place.
function ask(name, send) {
  for (let attempt = 1; ; attempt++) {
    const answer = send(parameters(name));
    const led = String(answer.headers.Location || '').includes('/waiting-room');
    if (led) http.get(plan.gateway + answer.headers.Location, parameters('waiting room'));
    const waits = led || answer.url.includes('/waiting-room');
    const passing = waits || answer.status === 0 || answer.status === 429 || answer.status >= 502;
    if (!passing || attempt === ATTEMPTS) return answer;
    const wait = Number(answer.headers['Retry-After'] || parseInt(answer.headers.Refresh, 10));
    sleep((wait > 0 ? wait : 0.5) * (0.75 + Math.random() / 2));
  }
}

const open = (name, path) => ask(name, (how) => http.get(plan.gateway + path, how));
function hidden(page, name) {
  const found = new RegExp(`name="${name}" value="([^"]+)"`).exec(String(page.body));
  return found && found[1];
}

// Forms with one name several times are written by hand.
const encoded = (fields) => fields.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');

// Redirects are not followed: they are what says that a form was taken.
function post(name, path, fields) {
  const form = encoded(fields);
  return ask(name, (how) =>
    http.post(plan.gateway + path, form, {
      ...how,
      headers: { ...how.headers, 'content-type': 'application/x-www-form-urlencoded' },
      redirects: 0,
    }),
  );
}

export function voter() {
  const who = nextVoter();
  if (!who) return;
  const path = `/fr/votes/${plan.poll}`;
  open('home page', '/fr');
  open('sign-in page', '/fr/sign-in/letter');
  if (post('sign-in', '/fr/sign-in/letter', [['number', who[0]], ['code', who[1]]]).status !== 303) return gaveUp.add(1);
  const ballot = open('ballot page', path);
  const [permit, secret] = [hidden(ballot, 'permit'), hidden(ballot, 'secret')];
  if (!permit || !secret) return gaveUp.add(1);
  const choices = Array.from({ length: plan.choices }, (_, place) => (exec.scenario.iterationInTest + place * 7) % plan.options);
  const fields = [['permit', permit], ['secret', secret], ...choices.map((place) => ['choice', `option-${place}`])];
  const check = post('check page', `${path}/check`, fields);
  if (check.status !== 200) return gaveUp.add(1);
  const cast = post('cast', `${path}/cast`, fields);
  if (cast.status === 409) return tooLate.add(1);
  if (cast.status !== 303) return gaveUp.add(1);
  firstBallots.add(1);
  open('receipt page', cast.headers.Location);
}

export function reader() {
  open('home page', '/fr');
  open('votes page', '/fr/votes');
  open('look-up page', `/fr/receipts/${plan.poll}`);
}
