// The last evening of a vote: half of all votes in the last fifth of the time, four of ten voters change their ballot, and
// the poll closes by its clock while people are still casting. Who comes later is told so and does not count.

import { sleep } from 'k6';
import { arrivals, ballot, cast, common, nextVoter, permitOf, plan, watch } from './common.js';

// The poll closes after `seconds`; people come a little longer.
const { rate, seconds } = plan;
const evening = [[seconds * 0.8, rate / 4], [1, rate], [seconds * 0.2 - 1, rate], [seconds * 0.1, rate]];

export const options = {
  ...common,
  scenarios: { voters: arrivals('voter', evening, 8) },
};

export function voter() {
  const who = nextVoter();
  const permit = who && permitOf(who);
  if (!permit || !cast(permit, ballot(0))) return;
  if (Math.random() < 0.4) {
    sleep(1 + Math.random() * 2);
    cast(permit, ballot(1));
  }
  watch(1);
}
