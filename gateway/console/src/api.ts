// The only door to the gateway. Whoever calls gets the answer, or an `ApiError` that says what to do.
import type { Session } from './types';

const kBase = '/console/api';

export type Trouble = 'signed_out' | 'busy' | 'away' | 'refused';

export class ApiError extends Error {
    constructor(
        readonly trouble: Trouble,
        readonly status: number,
        readonly code: string,
        message: string,
        readonly problems: string[] = [],
        readonly retryAfter: number | null = null,
        readonly hint = '',
    ) {
        super(message);
    }

    // Whether what was asked for may have been done all the same.
    get unclear(): boolean {
        return this.trouble === 'away' || (this.status >= 500 && !kNothingDone.has(this.code));
    }
}

// How the gateway says that it did nothing, among what is no fault of the asker's.
const kNothingDone = new Set(['alipay_unavailable', 'storage_unavailable', 'disk_full', 'overloaded']);

export const asProblem = (problem: unknown): ApiError =>
    problem instanceof ApiError ? problem : new ApiError('away', 0, '', String(problem));

export type Query = Record<string, string | number | undefined | null>;
export interface Ask {
    method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    query?: Query;
    body?: unknown;
    reason?: string;  // Why the operator does it; written into the audit.
    key?: string;     // Idempotency-Key: the same dialog, sent twice, acts once.
    signal?: AbortSignal;
}

let session: Session | null = null;
let onSignedOut = () => {};

export function useSession(next: Session | null, signedOut?: () => void): void {
    session = next;
    if (signedOut) onSignedOut = signedOut;
}

function address(path: string, query: Query = {}): string {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value !== undefined && value !== null && value !== '') asked.set(name, String(value));
    }
    const text = asked.toString();
    return `${kBase}${path}${text === '' ? '' : `?${text}`}`;
}

function headersOf(ask: Ask): Record<string, string> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (ask.body !== undefined) headers['Content-Type'] = 'application/json';
    if ((ask.method ?? 'GET') !== 'GET' && session) headers['X-CSRF-Token'] = session.csrf;
    if (ask.reason !== undefined) headers['X-Reason'] = encodeURIComponent(ask.reason);
    if (ask.key !== undefined) headers['Idempotency-Key'] = ask.key;
    return headers;
}

function text(value: unknown): string {
    return typeof value === 'string' ? value : '';
}

// A problem's `errors` name each wrong field.
function problemsOf(errors: unknown): string[] {
    if (!Array.isArray(errors)) return [];
    return errors.map((one: { field?: unknown; message?: unknown; where?: unknown; what?: unknown }) =>
        [text(one.field) || text(one.where), text(one.message) || text(one.what)].filter(part => part !== '').join(': '));
}

async function refusal(reply: Response): Promise<ApiError> {
    const problem = await reply.json().catch(() => ({})) as Record<string, unknown>;
    const trouble: Trouble = reply.status === 401 ? 'signed_out' : reply.status === 429 ? 'busy'
        : reply.status >= 500 && problem.code === undefined ? 'away' : 'refused';
    const wait = Number(reply.headers.get('Retry-After'));
    return new ApiError(trouble, reply.status, text(problem.code),
        [text(problem.title), text(problem.detail)].filter(part => part !== '').join('. '),
        problemsOf(problem.errors), wait > 0 ? wait : null, text(problem.hint));
}

export async function ask<T>(path: string, how: Ask = {}): Promise<T> {
    let reply: Response;
    try {
        reply = await fetch(address(path, how.query), {
            method: how.method ?? 'GET', headers: headersOf(how), cache: 'no-store', redirect: 'error',
            ...(how.body === undefined ? {} : { body: JSON.stringify(how.body) }),
            ...(how.signal ? { signal: how.signal } : {}),
        });
    } catch (problem) {
        if (how.signal?.aborted) throw problem;
        throw new ApiError('away', 0, '', '');
    }
    if (!reply.ok) {
        const problem = await refusal(reply);
        if (problem.trouble === 'signed_out' && session) onSignedOut();
        throw problem;
    }
    if (reply.status === 204) return null as T;
    return await reply.json().catch((problem: unknown) => {
        if (how.signal?.aborted) throw problem;
        throw new ApiError('away', 0, '', '');  // Cut short, or somebody else's page.
    }) as T;
}

export const newKey = (): string => {
    const dice = crypto.getRandomValues(new Uint8Array(16));
    return `console-${[...dice].map(byte => byte.toString(16).padStart(2, '0')).join('')}`;
};
