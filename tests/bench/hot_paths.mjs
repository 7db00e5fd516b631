// Sums up what hot_paths.sh has measured: one JSON object, medians, and each round's figures.
import {readFileSync} from 'node:fs';

const [what, connections] = process.argv.slice(2);
const read = (name) => readFileSync(name, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const per_s = (lines) => median(lines.map((line) => line.per_s));

const suffix = what === 'duplicates' ? '.again' : '';
const ours = read(`ours${suffix}`);
const peer = read(`peer${suffix}`);
// The empty handler answers something else than `success`.
const limit = read('limit').map((line) => ({...line, per_s: line.per_s || line.answered / line.seconds}));
const calm = read('calm')[0];
const result = {ours_per_s: per_s(ours), peer_per_s: per_s(peer)};
if (what === 'create') {
    // RSA alone, on the cores that the load generator leaves.
    const cores = median(ours.map((line) => line.load_cores));
    Object.assign(result, {
        signs_per_s_of_a_core: per_s(limit), load_cores: cores,
        limit_per_s: Math.round(per_s(limit) * (2 - cores)),
        limit_name: 'signatures of openssl speed on the cores that the load generator leaves',
    });
} else {
    Object.assign(result, {limit_per_s: Math.round(per_s(limit)), limit_name: 'the empty handler on the same front'});
}
if (what === 'duplicates') result.first_per_s = per_s(read('ours'));
result.ours_percent_of_limit = Math.round(result.ours_per_s * 100 / result.limit_per_s);
result.ours_to_peer = Number((result.ours_per_s / result.peer_per_s).toFixed(2));
if (what !== 'duplicates') {
    Object.assign(result, {p50_ms: calm.p50_ms, p99_ms: calm.p99_ms, at_per_s: calm.per_s});
}
const wrong = [...ours, ...peer].reduce((sum, line) => sum + line.answered - line.good + line.failed, 0);
Object.assign(result, {
    connections: Number(connections), runs: ours.length, not_as_expected: wrong,
    ours_runs_per_s: ours.map((line) => line.per_s), peer_runs_per_s: peer.map((line) => line.per_s),
    limit_runs_per_s: limit.map((line) => line.per_s),
});
console.log(JSON.stringify(result));
