// A city's vote: people sign in with the code from their letter, open the poll, approve projects and watch the turnout;
// others only read. The rate rises, holds and falls.

import { arrivals, ballot, cast, common, nextVoter, permitOf, plan, reader, watch } from './common.js';

const { rate, seconds } = plan;
const day = [[seconds * 0.2, rate], [seconds * 0.6, rate], [seconds * 0.2, rate / 4]];

export const options = {
  ...common,
  scenarios: {
    voters: arrivals('voter', day, 8, rate / 10),
    readers: arrivals('reader', day.map(([time, target]) => [time, target * 3]), 1, rate / 3),
  },
};

export function voter() {
  const who = nextVoter();
  const permit = who && permitOf(who);
  if (permit && cast(permit, ballot(0))) watch(2);
}

export { reader };
