// As much of packaging/Dockerfile as can be seen without a Docker engine: its lists, its paths, and its
// HEALTHCHECK, which is run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { test } from 'node:test';

const tree = new URL('../../', import.meta.url);
const read = (name) => readFileSync(new URL(name, tree), 'utf8');
// A line each, as Docker joins them.
const lines = read('packaging/Dockerfile').split('\n').filter((line) => !line.startsWith('#')).join('\n')
    .replaceAll('\\\n', ' ').split('\n').filter(Boolean);
const instruction = (name) => lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

test('it installs what ./run installs for a build', () => {
    const wanted = /BUILD_PACKAGES=\(([^)]*)\)/.exec(read('run'))[1].split(/\s+/).filter(Boolean);
    const installed = instruction('RUN')[0].split(/\s+/);
    for (const name of wanted) if (name !== 'ccache') assert.ok(installed.includes(name), name);
    for (const name of ['file', 'dpkg-dev', 'nodejs', 'npm']) assert.ok(installed.includes(name), name);
});

test('its presets, options and paths are there', () => {
    const build = instruction('RUN')[1];
    const presets = JSON.parse(read('CMakePresets.json'));
    const preset = /cmake --preset (\w+)/.exec(build)[1];
    assert.ok(presets.configurePresets.some(({ name }) => name === preset));
    assert.ok(presets.buildPresets.some(({ name }) => name === /--build --preset (\w+)/.exec(build)[1]));
    assert.ok(build.includes(`build/${preset}/CPackConfig.cmake`));
    for (const option of build.match(/-DTOLLGATE_\w+/g)) {
        assert.match(read('CMakeLists.txt') + read('gateway/CMakeLists.txt'), new RegExp(`\\b${option.slice(2)}\\b`));
    }
    // What is left out of the build must not be needed by it.
    for (const name of read('.dockerignore').trim().split('\n')) {
        assert.ok(!['config', 'docs', 'packaging', 'tests', 'cmake'].includes(name), name);
    }
});

test('it does not run as root, and starts what the unit starts', () => {
    assert.deepEqual(instruction('USER'), ['tollgate']);
    const command = [...JSON.parse(instruction('ENTRYPOINT')[0]), ...JSON.parse(instruction('CMD')[0])].join(' ');
    assert.ok(read('packaging/tollgate.service').includes(`ExecStart=${command}\n`), command);
    assert.ok(existsSync(new URL('packaging/debian/postinst', tree)));
});

test('HEALTHCHECK says yes to 200 alone', async () => {
    const check = JSON.parse(/CMD (\[.*\])$/.exec(instruction('HEALTHCHECK')[0])[1]);
    let status = 200;
    const server = createServer((request, response) => {
        response.writeHead(request.url === '/readyz' ? status : 404).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    const run = () => new Promise((resolve) => {
        execFile(check[0], check.slice(1).map((part) => part.replace('8602', port)),
            (problem) => resolve(problem ? problem.code : 0));
    });
    assert.equal(await run(), 0);
    status = 503;
    assert.notEqual(await run(), 0);
    await once(server.close(), 'close');
    assert.notEqual(await run(), 0);
});
