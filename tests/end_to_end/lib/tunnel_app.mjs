// The app behind a tunnel, as a process that can be killed: writes down each notification before it
// answers, and takes its time, so that a kill finds some in the middle. node tunnel_app.mjs PORT FILE
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [port, file] = process.argv.slice(2);
createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const id = new URLSearchParams(Buffer.concat(parts).toString()).get('notify_id') ?? '';
    if (id) appendFileSync(file, `${id} ${request.headers['x-tunnel-event-id']}\n`);
    setTimeout(() => response.writeHead(200).end('success'), 20 + (Number(id.slice(1)) * 17) % 80);
}).listen(Number(port), '127.0.0.1');
