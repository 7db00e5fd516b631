// Measures callbacks over a store of years beside one that is nearly empty, by turns. Prints one JSON object.
//   big_store.mjs SMALL BIG    (folders; the small one made by hot_paths.sh prepare, the big one by
//                               hot_paths.sh history: there the gateway writes on and on)
// TOLLGATE_BENCH_ROUNDS (5), TOLLGATE_BENCH_SECONDS (5) and TOLLGATE_BENCH_CONNECTIONS (64) change the size.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Gateway, callbacks, connections, rounds, seconds, summary } from './gateway.mjs';

const [small, big] = process.argv.slice(2);
const waiting = readFileSync(join(big, 'notifications'), 'utf8').trimEnd().split('\n');
const part = join(big, 'notifications.part');
const runs = { small: [], big: [] };
let used = 0;
for (let round = 0; round < rounds; ++round) {
    let gateway = await Gateway.start(small);
    runs.small.push(await callbacks(join(small, 'notifications')));
    await gateway.stop();

    writeFileSync(part, waiting.slice(used).join('\n') + '\n');
    gateway = await Gateway.again(big);
    const run = await callbacks(part);
    await gateway.stop();
    runs.big.push(run);
    used += run.sent;
    if (used > waiting.length) throw new Error('too few payments wait in the big store: repeats were measured');
}
rmSync(part);
const result = {
    rounds, seconds, connections, small: summary(runs.small), big: summary(runs.big),
    big_store_gib: Math.round(statSync(join(big, 'ours.db')).size / 1024 ** 3 * 100) / 100,
};
result.percent_of_small = Math.round(result.big.per_s * 100 / result.small.per_s);
console.log(JSON.stringify(result));
