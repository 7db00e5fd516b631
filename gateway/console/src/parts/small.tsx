// The small things that every page is made of.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiError } from '../api';
import { dateTime, utc } from '../format';
import { words } from '../words';

export type Tone = 'good' | 'bad' | 'wait' | 'quiet' | 'tint';

const kTones: Record<string, Tone> = {
    paid: 'good', finished: 'good', succeeded: 'good', delivered: 'good', enabled: 'good', accepted: 'good', settled: 'good',
    acknowledged: 'good', closed: 'quiet', refunded: 'tint', stale: 'quiet', ignored: 'quiet', cancelled: 'quiet',
    failed: 'bad', spent: 'bad', rejected: 'bad', disabled: 'bad', given_up: 'bad', interrupted: 'bad',
    under_way: 'tint', in_flight: 'tint',
    http_error: 'bad', timeout: 'bad', network_error: 'bad', redirected: 'bad', throttled: 'bad', refused: 'bad', wrong_answer: 'bad', gone: 'bad',
    blocked_address: 'bad', no_secret: 'bad', unpublishable: 'bad', unroutable: 'bad', nacked: 'bad', aborted: 'quiet',
};
export const toneOf = (status: string): Tone => kTones[status] ?? 'wait';
export const statusWord = (status: string): string => words().statuses[status] ?? status;

export function Badge({ status, tone, children }: { status?: string; tone?: Tone; children?: ComponentChildren }) {
    return <span class={`badge ${tone ?? toneOf(status ?? '')}`}>{children ?? statusWord(status ?? '')}</span>;
}

export function When({ at }: { at: string | null | undefined }) {
    if (!at) return <span class="soft">–</span>;
    return <time dateTime={at} title={utc(at)}>{dateTime(at)}</time>;
}

export function Empty({ title, how }: { title: string; how?: string }) {
    return <div class="empty"><strong>{title}</strong>{how}</div>;
}

export function Loading() {
    return <p class="empty" role="status">{words().loading}</p>;
}

export function troubleText(problem: ApiError): { title: string; how: string } {
    const w = words().trouble;
    if (problem.trouble === 'away') return { title: w.away_now, how: '' };
    if (problem.trouble === 'busy') return { title: w.codes[problem.code] ?? w.busy, how: w.busy_how(problem.retryAfter) };
    const known = w.codes[problem.code];
    if (known) return { title: known, how: problem.message };
    if (problem.code === 'right_missing' || problem.status === 403) return { title: w.forbidden, how: problem.message };
    if (problem.status === 404) return { title: w.not_found, how: problem.message };
    return { title: w.refused, how: problem.message };
}

export function Trouble({ problem, again }: { problem: ApiError; again?: () => void }) {
    const { title, how } = troubleText(problem);
    return (
        <div class="trouble" role="alert">
            <div><strong>{title}</strong>{how && <p>{how}</p>}{problem.hint && <p>{problem.hint}</p>}
                {problem.problems.length > 0 && <ul>{problem.problems.map(one => <li key={one}>{one}</li>)}</ul>}
            </div>
            {again && <button type="button" class="plain small" onClick={again}>{words().again}</button>}
        </div>
    );
}

export function Facts({ children }: { children: ComponentChildren }) {
    return <dl class="facts">{children}</dl>;
}
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
    return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

export function CopyText({ text }: { text: string }) {
    const [copied, setCopied] = useState(false);
    const copy = () => {
        navigator.clipboard?.writeText(text).then(() => {
            setCopied(true);
            setTimeout(() => setCopied(false), 1_500);
        }, () => {});
    };
    return (
        <span class="copyable"><span class="mono">{text}</span>
            {navigator.clipboard && <button type="button" class="quiet tiny" onClick={copy} aria-label={`${words().copy}${words().colon}${text}`}>
                {copied ? words().copied : words().copy}</button>}
        </span>
    );
}

export function Json({ value, name }: { value: unknown; name: string }) {
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
    return <pre tabIndex={0} role="group" aria-label={name}>{text}</pre>;
}

export function Fold({ name, children }: { name: string; children: ComponentChildren }) {
    const [open, setOpen] = useState(false);
    return (
        <details onToggle={event => setOpen(event.currentTarget.open)}>
            <summary>{name}</summary>
            {open && children}
        </details>
    );
}
