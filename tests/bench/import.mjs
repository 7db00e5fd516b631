// Moves a ledger of a million paid payments from SQLite to a private PostgreSQL with `tollgate store import`,
// and back with `store export`. Prints one JSON object.
//   import.mjs FOLDER    (made by hot_paths.sh million)
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Postgres } from '../end_to_end/lib/postgres.mjs';

const folder = process.argv[2];
const file = name => join(folder, name);
const settings = JSON.parse(readFileSync(file('ours.json'), 'utf8'));

// The lines of counts and sums, one a table.
const counts = said => said.split('\n').filter(line => / rows /.test(line)).sort().join('\n');

function timed(...words) {
    const begun = performance.now();
    const said = execFileSync(process.env.TOLLGATE_BINARY, ['store', ...words, '--config', file('postgres.json')],
        { encoding: 'utf8' });
    return { seconds: Math.round((performance.now() - begun) / 100) / 10, said };
}

const postgres = await Postgres.make();
try {
    mkdirSync(file('gateway'), { recursive: true });
    settings.store = { postgres: { conninfo: postgres.conninfo(), folder: 'gateway' } };
    writeFileSync(file('postgres.json'), JSON.stringify(settings));
    rmSync(file('copy.db'), { force: true });
    const gone = timed('import', '--sqlite', file('ours.db'));
    const back = timed('export', '--sqlite', file('copy.db'));
    const agree = text => text.includes('counts and sums agree on both sides');
    if (!agree(gone.said) || !agree(back.said)) throw new Error(gone.said + back.said);
    console.log(JSON.stringify({
        payments: Number(postgres.ask('SELECT count(*) FROM payment')),
        sqlite_mib: Math.round(statSync(file('ours.db')).size / 1024 ** 2),
        postgres_mib: Math.round(Number(postgres.ask('SELECT pg_database_size(current_database())')) / 1024 ** 2),
        import_seconds: gone.seconds, export_seconds: back.seconds,
        same_numbers: counts(gone.said) === counts(back.said),
    }));
} finally {
    rmSync(file('copy.db'), { force: true });
    await postgres.close();
}
