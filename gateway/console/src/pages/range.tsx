// Redelivery of a span of time: first it is counted, then it is begun, ten thousand at a time.
import { useRef, useState } from 'preact/hooks';
import { ask, asProblem, type ApiError } from '../api';
import { count, kLastMoment, localOf, utcOf } from '../format';
import { ActionDialog } from '../parts/dialog';
import { Field } from '../parts/form';
import { Trouble } from '../parts/small';
import { words } from '../words';

const kStatuses = ['spent', 'cancelled', 'delivered'];
const kAtOnce = 10_000;
const kDayMs = 86_400_000;

interface Answer { count: number; more?: boolean; next_after?: number }

export function RangeDialog({ endpoint, onDone, onClose }: { endpoint: string; onDone: (told: string) => void; onClose: () => void }) {
    const [from, setFrom] = useState(() => localOf(new Date(Date.now() - kDayMs)));
    const [to, setTo] = useState('');
    const [statuses, setStatuses] = useState(['spent', 'cancelled']);
    const [type, setType] = useState('');
    const [counted, setCounted] = useState<Answer | null>(null);
    const [rest, setRest] = useState<Answer | null>(null);
    const [problem, setProblem] = useState<ApiError | null>(null);
    const [counting, setCounting] = useState(false);
    const latest = useRef(0);  // Which count is that of the fields as they are.
    const w = words();
    const d = w.deliveries;
    const body = () => ({
        endpoint, from: utcOf(from), statuses,
        ...(to === '' ? {} : { to: utcOf(to) }), ...(type.trim() === '' ? {} : { type: type.trim() }),
    });
    const missing = () => (from === '' ? d.from_needed : statuses.length === 0 ? d.status_needed
        : counted === null ? d.count : counted.count === 0 ? d.none_fit : '');
    const changed = <T,>(set: (value: T) => void) => (value: T) => {
        set(value);
        ++latest.current;
        setCounting(false);
        setCounted(null);
        setRest(null);
    };
    const countFirst = async () => {
        if (from === '' || statuses.length === 0) return;
        const mine = ++latest.current;
        const settle = (found: Answer | null, trouble: ApiError | null) => {
            if (mine !== latest.current) return;
            setCounted(found);
            setProblem(trouble);
            setCounting(false);
        };
        setCounting(true);
        setProblem(null);
        // It changes nothing, but goes by POST as the action does.
        await ask<Answer>('/v1/events/redeliver', { method: 'POST', reason: 'dry run', body: { ...body(), dry_run: true } })
            .then(found => settle(found, null), failure => settle(null, asProblem(failure)));
    };
    const choose = (status: string, wanted: boolean) =>
        changed(setStatuses)(kStatuses.filter(one => (one === status ? wanted : statuses.includes(one))));
    return (
        <ActionDialog key={rest?.next_after ?? 0} title={d.range} how={d.range_how} missing={missing} onDone={onDone} onClose={onClose}
            verb={rest ? d.go_on : counted && counted.count > 0 ? d.begin(count(Math.min(counted.count, kAtOnce))) : w.act.redeliver}
            run={async ({ reason, key }) => {
                const told = await ask<Answer>('/v1/events/redeliver', {
                    method: 'POST', reason, key, body: { ...body(), ...(rest?.next_after ? { after: rest.next_after } : {}) },
                });
                if (!told.more) return w.act.began(count(told.count));
                setRest(told);
                return { told: `${w.act.began(count(told.count))}. ${d.at_most}` };
            }}>
            <div class="pair">
                <Field label={d.from}><input type="datetime-local" max={kLastMoment} value={from} required onInput={event => changed(setFrom)(event.currentTarget.value)} /></Field>
                <Field label={d.to}><input type="datetime-local" max={kLastMoment} value={to} onInput={event => changed(setTo)(event.currentTarget.value)} /></Field>
            </div>
            <fieldset><legend>{d.which}</legend>
                {kStatuses.map(status => (
                    <label key={status} class="check"><input type="checkbox" checked={statuses.includes(status)}
                        onChange={event => choose(status, event.currentTarget.checked)} />{w.statuses[status]}</label>
                ))}
            </fieldset>
            <Field label={d.type} wide>
                <input value={type} placeholder={d.type_hint} maxLength={64} spellcheck={false} onInput={event => changed(setType)(event.currentTarget.value)} />
            </Field>
            <div class="line counted">
                <button type="button" class="plain" data-action="count" disabled={counting} onClick={countFirst}>{counting ? d.counting : d.count}</button>
                <span role="status">{counted && (counted.count === 0 ? d.none_fit : d.counted(count(counted.count), counted.more === true))}</span>
            </div>
            {counted && counted.count > kAtOnce && <p class="hint">{d.at_most}</p>}
            {rest && <p class="note" role="status">{w.act.began(count(rest.count))}. {d.at_most}</p>}
            {problem && <Trouble problem={problem} />}
        </ActionDialog>
    );
}
