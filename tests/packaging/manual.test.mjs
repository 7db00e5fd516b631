// The manual page and the completions know every command and every option that --help knows, and
// the shells make of them what they should.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const binary = process.env.TOLLGATE_BINARY;
const tollgate = (...args) => execFileSync(binary, args, { encoding: 'utf8' });
const folder = mkdtempSync(join(tmpdir(), 'tollgate-manual-'));
after(() => rmSync(folder, { recursive: true, force: true }));

// What --help says, all the way down: [{path: ['store', 'import'], options, commands}].
function tree(path = []) {
    const node = { path, options: [], commands: [], places: [] };
    let into = null;
    for (const line of tollgate(...path, '--help').split('\n')) {
        const heading = /^(Options|Subcommands|Positionals):$/.exec(line)?.[1];
        if (heading) into = { Options: 'options', Subcommands: 'commands', Positionals: 'places' }[heading];
        const word = /^ {2}(\S+)/.exec(line)?.[1];
        if (word && into) node[into].push(word.split(',').at(-1));
    }
    return [node, ...node.commands.flatMap((name) => tree([...path, name]))];
}
const nodes = tree();
const command = (node) => ['tollgate', ...node.path].join(' ');

// Gives [[words on the line], …] to a shell and takes what it offers for the last one of each.
function offers(shell, lines, script) {
    const result = spawnSync(shell, [...(shell === 'bash' ? ['--norc'] : []), '-c', script],
        { input: lines.map((words) => words.join('\t')).join('\n') + '\n', encoding: 'utf8' });
    assert.deepEqual([result.status, result.stderr], [0, ''], shell);
    return result.stdout.split('\f\n').slice(0, -1).map((part) => part.split('\n').filter(Boolean));
}

function skipWithout(t, shell) {
    if (spawnSync(shell, ['--version']).status === 0) return false;
    assert.ok(!process.env.TOLLGATE_NO_SKIP, `${shell} is not installed`);
    t.skip(`${shell} is not installed`);
    return true;
}

// Every command's commands and options are offered where it stands, and nothing else is.
function checkOffers(shell, script, strip = (word) => word) {
    const lines = nodes.flatMap((node) => [[...['tollgate', ...node.path], ''], ['tollgate', ...node.path, '--']]);
    const offered = offers(shell, lines, script);
    assert.equal(offered.length, lines.length, shell);
    nodes.forEach((node, i) => {
        const [bare, dashed] = [offered[2 * i], offered[2 * i + 1]].map((words) => words.map(strip));
        if (node.commands.length > 0) assert.deepEqual(bare.sort(), [...node.commands].sort(), command(node));
        assert.deepEqual(dashed.sort(), [...node.options].sort(), command(node));
    });
    const last = (...words) => offers(shell, [words], script)[0].map(strip).sort();
    assert.deepEqual(last('tollgate', 'reconcile', '--report', ''), ['csv', 'json', 'text']);
    assert.deepEqual(last('tollgate', 'completion', ''), ['bash', 'fish', 'zsh']);
    assert.deepEqual(last('tollgate', 'st'), ['store']);
}

test('there is something to know', () => {
    assert.ok(nodes.length > 25, `${nodes.length} commands`);
    assert.ok(nodes.find((node) => command(node) === 'tollgate store import').options.includes('--sqlite'));
});

test('bash', (t) => {
    if (skipWithout(t, 'bash')) return;
    const file = join(folder, 'tollgate.bash');
    writeFileSync(file, tollgate('completion', 'bash'));
    checkOffers('bash', `source ${file}
        while IFS= read -r line; do
            COMP_WORDS=(); while [[ $line == *$'\\t'* ]]; do COMP_WORDS+=("\${line%%$'\\t'*}"); line=\${line#*$'\\t'}; done
            COMP_WORDS+=("$line"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
            _tollgate; printf '%s\\n' "\${COMPREPLY[@]}"; printf '\\f\\n'
        done`);
    // An option's value is a file where no words are known: the shell's own completion.
    assert.match(tollgate('completion', 'bash'), /complete .*-o default .*tollgate$/m);
});

test('zsh', (t) => {
    if (skipWithout(t, 'zsh')) return;
    const file = join(folder, '_tollgate');
    writeFileSync(file, tollgate('completion', 'zsh'));
    // What zsh's own completion system brings, in small: _describe keeps those that begin so.
    checkOffers('zsh', `compdef() {}; _files() { print -r -- FILES; }
        _describe() { local word; for word in "\${(@P)2}"; do word=\${word%%:*}
            [[ $word == "$words[CURRENT]"* ]] && print -r -- "$word"; done; true; }
        source ${file}
        while IFS= read -r line; do
            words=("\${(@s.\t.)line}"); CURRENT=\${#words}; offered=$(_tollgate)
            [[ $offered == FILES ]] || print -r -- "$offered"; printf '\\f\\n'
        done`);
});

test('fish', (t) => {
    if (skipWithout(t, 'fish')) return;
    const file = join(folder, 'tollgate.fish');
    writeFileSync(file, tollgate('completion', 'fish'));
    // -C prints the word and, behind a tab, what it is; files, which end a line without one, are
    // not of this script.
    checkOffers('fish', `source ${file}
        while read -l line
            complete -C (string replace -a \\t ' ' -- $line) | string match -e \\t
            printf '\\f\\n'
        end`, (word) => word.split('\t')[0]);
});

test('the manual page', (t) => {
    const page = tollgate('man-page');
    const file = join(folder, 'tollgate.1');
    writeFileSync(file, page);
    if (skipWithout(t, 'groff')) return;
    const rendered = spawnSync('groff', ['-ww', '-man', '-Tutf8', '-Kutf8', '-P-c', file],
        { encoding: 'utf8', env: { ...process.env, MANWIDTH: '200' } });
    assert.deepEqual([rendered.status, rendered.stderr], [0, '']);
    const text = rendered.stdout.replace(/.\x08/g, '').replace(/\s+/g, ' ');
    for (const node of nodes) {
        if (node.commands.length > 0) continue;
        assert.ok(text.includes(command(node)), command(node));
        const part = text.slice(text.indexOf(`${command(node)} `));
        for (const name of [...node.options, ...node.places]) {
            if (name !== '--help') assert.ok(part.includes(name), `${command(node)} ${name}`);
        }
    }
    for (const code of ['0', '1', '2', '69', '70', '78']) assert.match(text, new RegExp(` ${code} `));
});

test('the version names the commit', () => {
    assert.match(tollgate('--version'), /^\d+\.\d+\.\d+ \(commit ([0-9a-f]{12}(, with changes)?|unknown|\S+)\)\n$/);
});
