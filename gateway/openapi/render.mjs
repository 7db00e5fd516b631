// Writes docs/api-reference.md from the files beside this one, with nothing but Node:
//   node gateway/openapi/render.mjs            writes it
//   node gateway/openapi/render.mjs --check    says whether it is fresh
import { readFileSync, writeFileSync } from 'node:fs';

const read = name => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'));
const areas = [
    ['payments', 'Payments'], ['refunds', 'Refunds'], ['preauthorisations', 'Pre-authorisations'],
    ['events', 'Events'], ['endpoints', 'Endpoints'], ['differences', 'Differences'],
    ['notifications', 'Notifications'],
    ['doors', 'The public and the operator listener'],
];
const about = read('about');
const cell = text => String(text ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ');
const anchor = name => name.toLowerCase();
const last = reference => reference.split('/').at(-1);

// A schema in a few words.
function kind(schema) {
    if (schema.$ref) return `[${last(schema.$ref)}](#${anchor(last(schema.$ref))})`;
    if (schema.enum) return schema.enum.map(word => `\`${word}\``).join(', ');
    if (schema.oneOf) return 'one of ' + schema.oneOf.map(kind).join('; ');
    if (schema.type === 'array') return `list of ${kind(schema.items)}`;
    const types = [schema.type].flat();
    if (types.includes('object') && schema.properties) {
        return '{' + Object.entries(schema.properties)
            .map(([name, inner]) => `\`${name}\`: ${kind(inner)}`).join(', ') + '}';
    }
    const base = types.filter(type => type !== 'null').join(' or ');
    const limits = [
        schema.format, schema.minimum !== undefined && `from ${schema.minimum}`,
        schema.maximum !== undefined && `to ${schema.maximum}`,
        schema.maxLength !== undefined && `up to ${schema.maxLength} characters`,
        schema.default !== undefined && `default ${schema.default}`,
    ].filter(Boolean);
    const nullable = types.includes('null') && types.length > 1 ? ' or null' : '';
    return (base || 'null') + nullable + (limits.length ? ` (${limits.join(', ')})` : '');
}

function members(schema) {
    const lines = ['| member | | |', '|---|---|---|'];
    for (const [name, inner] of Object.entries(schema.properties)) {
        const needed = schema.required?.includes(name) ? '' : ' (may be absent)';
        lines.push(`| \`${name}\`${needed} | ${cell(kind(inner))} | ${cell(inner.description)} |`);
    }
    return lines;
}

function parameters(list) {
    const lines = ['| parameter | in | | |', '|---|---|---|---|'];
    for (const item of list) {
        const one = item.$ref ? about.components.parameters[last(item.$ref)] : item;
        const needed = one.required ? ', needed' : '';
        lines.push(`| \`${one.name}\` | ${one.in}${needed} | ${cell(kind(one.schema))} | ${cell(one.description)} |`);
    }
    return lines;
}

function requestBody(body) {
    const lines = [];
    for (const [type, { schema, examples }] of Object.entries(body.content)) {
        lines.push('', `Body (\`${type}\`${body.required ? '' : ', may be absent'}):`, '');
        lines.push(...(schema.properties ? members(schema) : [cell(schema.description)]));
        for (const example of Object.values(examples ?? {})) {
            lines.push('', `${example.summary}: **${example['x-status']}**`, '', '```json',
                JSON.stringify(example.value), '```');
        }
    }
    return lines;
}

function answers(responses) {
    const lines = ['| status | | body |', '|---|---|---|'];
    for (const [status, response] of Object.entries(responses)) {
        const bodies = Object.entries(response.content ?? {})
            .map(([type, { schema }]) => (type.endsWith('json') ? kind(schema) : `\`${type}\``));
        lines.push(`| ${status === 'default' ? 'else' : status} | ${cell(response.description)} | ${cell(bodies.join(', '))} |`);
    }
    return lines;
}

function operation(method, path, described) {
    const lines = ['', `### ${method.toUpperCase()} ${path}`, '', described.summary];
    if (described.description) lines.push('', described.description);
    lines.push('', `Listener \`${described['x-listener']}\`` +
        (described['x-right'] ? `, right \`${described['x-right']}\`` : '') +
        `; operation \`${described.operationId}\`.`);
    if (described.parameters?.length) lines.push('', ...parameters(described.parameters));
    if (described.requestBody) lines.push(...requestBody(described.requestBody));
    lines.push('', 'Answers:', '', ...answers(described.responses));
    if (described['x-problems']) {
        lines.push('', 'Codes of problems: ' + described['x-problems'].map(code => `\`${code}\``).join(', ') + '.');
    }
    return lines;
}

function render() {
    const lines = ['# API reference', '',
        'Made by `gateway/openapi/render.mjs` from the files beside it; do not edit. The same as OpenAPI 3.1: ' +
        '`GET /openapi.json` on the operator listener. How the parts work together stands in [api.md](api.md).',
        '', about.info.description];
    const schemas = { ...about.components.schemas };
    for (const [name, title] of areas) {
        const area = read(name);
        Object.assign(schemas, area.components?.schemas);
        lines.push('', `## ${title}`);
        for (const [path, methods] of Object.entries(area.paths)) {
            for (const [method, described] of Object.entries(methods)) {
                lines.push(...operation(method, path, described));
            }
        }
    }
    lines.push('', '## What the answers hold');
    for (const name of Object.keys(schemas).sort()) {
        const schema = schemas[name];
        lines.push('', `### ${name}`, '');
        if (schema.description) lines.push(schema.description, '');
        lines.push(...(schema.properties ? members(schema) : [kind(schema)]));
    }
    return lines.join('\n') + '\n';
}

const page = new URL('../../docs/api-reference.md', import.meta.url);
if (process.argv[2] === '--check') {
    if (readFileSync(page, 'utf8') !== render()) {
        console.error('docs/api-reference.md is not what gateway/openapi/render.mjs makes: run it');
        process.exit(1);
    }
} else {
    writeFileSync(page, render());
}
