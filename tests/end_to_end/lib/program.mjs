// The binary under test: called once, or running as a service.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';

import { until } from './until.mjs';

export const binary = process.env.TOLLGATE_BINARY;
if (!binary || !existsSync(binary)) throw new Error('TOLLGATE_BINARY names no tollgate binary');

// What a test that fails half-way leaves running must not outlive it.
const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

function adopt(child) {
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
}

// `tollgate <args>` with `input` on its standard input, until it ends. One that does not end is
// killed and has a signal instead of a code.
export async function call(args, { input = '' } = {}) {
    const child = adopt(spawn(binary, args, { timeout: 60_000, killSignal: 'SIGKILL' }));
    const texts = { stdout: [], stderr: [] };
    for (const name of ['stdout', 'stderr']) child[name].on('data', part => texts[name].push(part));
    child.stdin.on('error', () => {});  // It may have no interest in what we write.
    child.stdin.end(input);
    const [code, signal] = await once(child, 'close');
    const text = name => Buffer.concat(texts[name]).toString();
    return { code, signal, stdout: text('stdout'), stderr: text('stderr') };
}

// The same, for a step that has to work.
export async function callOk(args, options) {
    const done = await call(args, options);
    if (done.code === 0) return done.stdout;
    throw new Error(`tollgate ${args.join(' ')}: ${done.code}\n${done.stderr}`);
}

// A command that runs until it is told to stop. Its log goes into a file, which outlives a SIGKILL
// and holds every life of the service.
export class Service {
    #child = null;

    constructor(args, { log, ready, outputFile = '/dev/null' }) {
        this.args = args;
        this.logFile = log;
        this.outputFile = outputFile;
        this.ready = ready;  // An address that answers 200 once the service is there.
    }

    // Starts the process and does not wait for anything.
    spawn() {
        const files = [openSync(this.outputFile, 'a'), openSync(this.logFile, 'a')];
        this.#child = adopt(spawn(binary, this.args, { stdio: ['ignore', ...files] }));
        files.forEach(file => closeSync(file));
    }

    async start() {
        this.spawn();
        const child = this.#child;
        await until(async () => child.exitCode !== null || (await fetch(this.ready)).ok,
            20_000, `${this.args[0]} is ready`);
        if (child.exitCode === null) return;
        throw new Error(`${this.args[0]} ended with ${child.exitCode}\n${this.log()}`);
    }

    // How long it has kept a processor busy so far.
    cpuSeconds() {
        const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
        const [user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13);
        return (Number(user) + Number(system)) / 100;
    }

    signal(name) {
        this.#child.kill(name);
    }

    // Gives {code, signal} once the process is gone.
    async stop(signal = 'SIGTERM') {
        const child = this.#child;
        if (child === null || child.exitCode !== null || child.signalCode !== null) return null;
        const gone = once(child, 'exit');
        child.kill(signal);
        const [code, endedBy] = await gone;
        return { code, signal: endedBy };
    }

    // What it has printed, when it was given a file for that.
    output() {
        return existsSync(this.outputFile) ? readFileSync(this.outputFile, 'utf8') : '';
    }

    log() {
        return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
    }
}
