// What happened to a payment, the newest first, in words; every field of it on demand.
import type { ComponentChildren } from 'preact';
import { yuan } from '../format';
import { Badge, Fold, Json, statusWord, When } from '../parts/small';
import { link } from '../route';
import type { Data, Entry, Payment } from '../types';
import { words } from '../words';

const text = (data: Data, name: string): string => {
    const value = data[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

interface Told { title: ComponentChildren; badge?: string; lines: ComponentChildren[]; more?: ComponentChildren }

function transition({ data }: Entry): Told {
    const w = words().payment;
    const from = text(data, 'from');
    const cause = text(data, 'cause');
    return {
        title: w.moved(from === '' ? '' : statusWord(from), statusWord(text(data, 'to'))),
        lines: [
            cause !== '' && <>{w.by} {w.causes[cause] ?? cause}{text(data, 'cause_id') !== '' && <> <span class="mono">{text(data, 'cause_id')}</span></>}</>,
            text(data, 'request_id') !== '' && <>{w.request} <span class="mono">{text(data, 'request_id')}</span></>,
        ],
    };
}

function notification({ data, title }: Entry, payment: Payment): Told {
    const w = words().payment;
    const verdict = text(data, 'verdict');
    return {
        title: text(data, 'trade_status') || text(data, 'kind') || title,
        badge: verdict,
        lines: [text(data, 'reason'), text(data, 'hint')],
        more: <a href={link(['notifications'], { payment: payment.id })}>{w.to_notification}</a>,
    };
}

function refund({ data, title }: Entry): Told {
    return {
        title: typeof data.amount === 'number' ? yuan(data.amount) : title,
        badge: title,
        lines: [<span class="mono">{text(data, 'out_request_no')}</span>, text(data, 'reason'), text(data, 'failure')],
    };
}

function attempt({ data }: Entry): Told {
    const w = words().payment;
    const status = text(data, 'http_status');
    return {
        title: w.attempt(text(data, 'endpoint'), text(data, 'number')),
        badge: text(data, 'outcome'),
        lines: [status !== '' && `HTTP ${status}`, text(data, 'detail'), text(data, 'address')],
    };
}

function tell(entry: Entry, payment: Payment, onRedeliver?: (event: string, type: string) => void): Told {
    const { data, kind, title } = entry;
    const w = words();
    switch (kind) {
        case 'created': return { ...transition(entry), title: `${statusWord(text(data, 'to') || title)} · ${yuan(payment.amount)}` };
        case 'transition': return transition(entry);
        case 'notification': return notification(entry, payment);
        case 'refund': return refund(entry);
        case 'attempt': return attempt(entry);
        case 'event': {
            const id = text(data, 'id') || text(data, 'event');
            const type = text(data, 'type') || title;
            return {
                title: <span class="mono">{type}</span>,
                lines: [<span class="mono">{id}</span>],
                more: onRedeliver && id !== '' && (
                    <button type="button" class="plain small" data-action="redeliver" aria-label={`${w.act.redeliver} ${type}`}
                        onClick={() => onRedeliver(id, type)}>{w.act.redeliver}</button>
                ),
            };
        }
        case 'difference': {
            const name = text(data, 'class');
            return {
                title: w.differences.classes[name] ?? (name || title), badge: text(data, 'status'), lines: [],
                more: <a href={link(['differences'], { payment: payment.id, status: 'all' })}>{w.payment.to_difference}</a>,
            };
        }
        case 'action': return {
            title: w.audit.actions[title] ?? title,
            lines: [text(data, 'operator'), text(data, 'reason'), text(data, 'status') === '' ? w.audit.unfinished : `HTTP ${text(data, 'status')}`],
        };
        default: return { title, lines: [] };
    }
}

const kTones: Record<string, string> = { transition: 'accent', refund: 'accent', difference: 'bad', action: 'wait' };

export function TimelineList({ entries, payment, onRedeliver }: {
    entries: Entry[]; payment: Payment; onRedeliver?: (event: string, type: string) => void;
}) {
    const w = words();
    const newestFirst = entries.map((entry, place) => ({ entry, place })).reverse();
    return (
        <ol class="timeline">
            {newestFirst.map(({ entry, place }) => {
                const told = tell(entry, payment, onRedeliver);
                const lines = told.lines.filter(line => line !== '' && line !== false && line !== null && line !== undefined);
                return (
                    <li key={place} class={kTones[entry.kind] ?? ''} data-kind={entry.kind}>
                        <div class="when"><When at={entry.at} /><span class="kind">{w.payment.kinds[entry.kind] ?? entry.kind}</span></div>
                        <div class="what">
                            <div class="line"><strong>{told.title}</strong>{told.badge ? <Badge status={told.badge} /> : null}{told.more}</div>
                            {lines.length > 0 && <p class="soft lines">{lines.map((line, i) => <span key={i}>{line}</span>)}</p>}
                            <Fold name={w.raw}><Json value={entry.data} name={w.raw} /></Fold>
                        </div>
                    </li>
                );
            })}
        </ol>
    );
}
