// A petition that everybody hears of at once: signatures on one sheet rise to the peak within seconds, with ten readers
// for each who signs.

import { arrivals, ballot, cast, common, nextVoter, permitOf, plan, reader } from './common.js';

const { rate, seconds } = plan;
const spike = [[seconds * 0.2, rate / 10], [seconds * 0.1, rate], [seconds * 0.5, rate], [seconds * 0.2, rate / 10]];

export const options = {
  ...common,
  scenarios: {
    signers: arrivals('signer', spike, 5),
    readers: arrivals('reader', spike.map(([time, target]) => [time, target * 10]), 1),
  },
};

export function signer() {
  const who = nextVoter();
  const permit = who && permitOf(who);
  if (permit) cast(permit, ballot(0));
}

export { reader };
