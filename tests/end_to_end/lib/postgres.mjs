// A private PostgreSQL for one test, where Debian's package is installed: its own data directory, a
// socket in it, dead when the test is.
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from './until.mjs';

const versions = '/usr/lib/postgresql';
const newest = existsSync(versions)
    ? readdirSync(versions).filter(name => existsSync(join(versions, name, 'bin/initdb')))
        .sort((a, b) => Number(a) - Number(b)).pop()
    : undefined;

export const hasPostgres = newest !== undefined;

const program = name => join(versions, newest, 'bin', name);
const asRoot = process.getuid() === 0;
// The server refuses to be root.
const guard = ['--pdeathsig', 'KILL',
    ...(asRoot ? ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups'] : [])];

export class Postgres {
    #server = null;
    #port;

    // On a port of this machine as well, where one is given.
    static async make({ port } = {}) {
        const postgres = new Postgres();
        postgres.#port = port;
        postgres.folder = mkdtempSync(join(tmpdir(), 'tollgate-postgres-'));
        if (asRoot) {
            const [uid, gid] = ['-u', '-g']
                .map(which => Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' })));
            chownSync(postgres.folder, uid, gid);
        }
        execFileSync('setpriv', [...guard, program('initdb'), '-D', postgres.data, '-U', 'tollgate',
            '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'], { stdio: 'ignore' });
        await postgres.start();
        postgres.ask('CREATE DATABASE ledger', 'template1');
        return postgres;
    }

    get data() {
        return join(this.folder, 'data');
    }

    get pid() {
        return this.#server.pid;
    }

    conninfo(database = 'ledger') {
        return `host=${this.folder} port=${this.#port ?? 5432} user=tollgate dbname=${database}`;
    }

    async start() {
        rmSync(join(this.data, 'postmaster.pid'), { force: true });
        const log = openSync(join(this.folder, 'log'), 'a');
        this.#server = spawn('setpriv', [...guard, program('postgres'), '-D', this.data,
            '-k', this.folder, '-c', 'deadlock_timeout=50ms', '-c',
            `listen_addresses=${this.#port ? '127.0.0.1' : ''}`,
            ...(this.#port ? ['-p', String(this.#port)] : [])],
        { stdio: ['ignore', log, log], cwd: '/' });
        await until(() => this.ask('SELECT 1', 'template1') === '1', 60_000, 'the database is up');
    }

    // As when the power goes: nobody of it is left, and start() recovers.
    async kill() {
        const pid = this.#server.pid;
        const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
            .trim().split(' ').filter(Boolean).map(Number);
        const gone = once(this.#server, 'exit');
        this.#server.kill('SIGKILL');
        await gone;
        for (const child of children) {
            try {
                process.kill(child, 'SIGKILL');
            } catch {
                // It has noticed already.
            }
        }
        await until(() => children.every(child => !existsSync(`/proc/${child}`)), 20_000,
            'all of the server is gone');
    }

    // The columns of the one row, separated by '|'.
    ask(question, database = 'ledger') {
        return execFileSync(program('psql'), ['-XAtq', this.conninfo(database), '-c', question],
            { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    }

    async close({ keep = false } = {}) {
        if (this.#server?.exitCode === null) await this.kill();
        if (!keep) rmSync(this.folder, { recursive: true, force: true });
    }
}
