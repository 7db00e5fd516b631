// A dialog, and the one that every action goes through: it asks, wants a reason, and tells how it ended.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, newKey, type ApiError } from '../api';
import { words } from '../words';
import { Field } from './form';
import { Trouble, troubleText } from './small';

let dialogs = 0;

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
    const box = useRef<HTMLDialogElement>(null);
    const [id] = useState(() => `dialog-${++dialogs}`);
    useEffect(() => {
        const before = document.activeElement;
        box.current?.showModal();
        return () => {
            if (before instanceof HTMLElement) before.focus();
        };
    }, []);
    return (
        <dialog ref={box} aria-labelledby={id} onClose={onClose}
            onMouseDown={event => event.target === box.current && box.current?.close()}>
            <div class="inside">
                <h2 id={id}>{title}</h2>
                {children}
            </div>
        </dialog>
    );
}

export interface Doing { reason: string; key: string }

export interface ActionProps {
    title: string;
    how: string;
    verb?: string;
    danger?: boolean;
    asksOnly?: boolean;  // It changes nothing by itself: no reason is wanted.
    children?: ComponentChildren;
    // What is still missing in the fields above the reason; "" when nothing is.
    missing?: () => string;
    // Does it, and gives what the operator is told afterwards.
    run: (doing: Doing) => Promise<string | More>;
    // It was done, or may have been: tells so, and looks anew. Also after the dialog was closed.
    onDone: (told: string) => void;
    onClose: () => void;
}

// There is more to ask in the same dialog; `told`: how far it is, for an operator who has closed it meanwhile.
export interface More { told: string }

export function ActionDialog({ title, how, verb, danger, asksOnly, children, missing, run, onDone, onClose }: ActionProps) {
    const [reason, setReason] = useState('');
    const [working, setWorking] = useState(false);
    const [problem, setProblem] = useState<ApiError | null>(null);
    const [lack, setLack] = useState('');
    const [key] = useState(newKey);
    // Sent once more it must be the same: under the same key another would be refused.
    const [fixed, setFixed] = useState(false);
    const there = useRef(true);
    useEffect(() => () => {
        there.current = false;
    }, []);
    const w = words();
    // Closed meanwhile: how it ended is told all the same, and whatever else is open now stays as it is.
    const ended = (end: string | More) => {
        if (there.current && typeof end !== 'string') return setWorking(false);
        if (there.current) onClose();
        onDone(typeof end === 'string' ? end : end.told);
    };
    const failed = (failure: ApiError) => {
        const unclear = failure.unclear && !asksOnly;
        if (!there.current) onDone(`${title}${w.colon}${unclear ? w.act.unclear_closed : troubleText(failure).title}`);
        setProblem(failure);
        setFixed(had => had || unclear);
        setWorking(false);
    };
    const submit = async (event: Event) => {
        event.preventDefault();
        const lacking = missing?.() || (!asksOnly && reason.trim() === '' ? w.act.reason_needed : '');
        setLack(lacking);
        if (lacking !== '' || working) return;
        setWorking(true);
        setProblem(null);
        await run({ reason: reason.trim(), key }).then(ended, failure => failed(asProblem(failure)));
    };
    return (
        <Dialog title={title} onClose={onClose}>
            {how !== '' && <p class="soft">{how}</p>}
            <form onSubmit={submit} noValidate>
                <fieldset class="bare" disabled={fixed}>
                    {children}
                    {!asksOnly && <Field label={w.act.ask} hint={w.act.ask_how} wide>
                        <input name="reason" value={reason} maxLength={200} autoComplete="off" required
                            onInput={event => setReason(event.currentTarget.value)} />
                    </Field>}
                </fieldset>
                {lack !== '' && <p class="problem" role="alert">{lack}</p>}
                {problem && <Trouble problem={problem} />}
                {problem?.unclear && !asksOnly && <p class="soft">{w.act.unclear}</p>}
                <div class="buttons">
                    <button type="button" class="plain" onClick={onClose}>{w.cancel}</button>
                    <button type="submit" class={danger ? 'danger' : ''} disabled={working}>
                        {working ? w.act.working : verb ?? title}</button>
                </div>
            </form>
        </Dialog>
    );
}
