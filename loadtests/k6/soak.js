// Hours of an ordinary vote, to see what grows: memory, tables, latency.

import { arrivals, ballot, cast, common, nextVoter, permitOf, plan, reader, watch } from './common.js';

const { rate, seconds } = plan;

export const options = {
  ...common,
  scenarios: {
    voters: arrivals('voter', [[10, rate], [seconds - 10, rate]], 8),
    readers: arrivals('reader', [[10, rate * 3], [seconds - 10, rate * 3]], 1),
  },
};

export function voter() {
  const who = nextVoter();
  const permit = who && permitOf(who);
  if (permit && cast(permit, ballot(0))) {
    if (Math.random() < 0.1) cast(permit, ballot(1));
    watch(1);
  }
}

export { reader };
