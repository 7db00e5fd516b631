// The C++ side, as a child process that answers one JSON line to each JSON line.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export function startPeer(path) {
    const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
    const waiting = [];
    createInterface({ input: child.stdout }).on('line', line => {
        waiting.shift().resolve(JSON.parse(line));
    });
    child.on('exit', code => {
        for (const { reject } of waiting.splice(0)) reject(new Error(`peer ended with ${code}`));
    });
    return {
        ask(op, request) {
            return new Promise((resolve, reject) => {
                waiting.push({ resolve, reject });
                child.stdin.write(JSON.stringify({ op, ...request }) + '\n');
            });
        },
        stop() {
            child.stdin.end();
        },
    };
}
