// A look into the ledger's file, or a hand in it, past the gateway, where the sqlite3 tool is installed.
import { execFileSync, spawnSync } from 'node:child_process';

export const hasSqlite = spawnSync('sqlite3', ['--version']).status === 0;

// The columns of the one row that the question yields.
export function askLedger(file, question) {
    const text = execFileSync('sqlite3', ['-readonly', file, question], { encoding: 'utf8' });
    return text.trim().split('|');
}

export function changeLedger(file, script) {
    execFileSync('sqlite3', ['-bail', '-cmd', '.timeout 10000', file, script]);
}
