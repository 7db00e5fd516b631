// A dialog, and the one that every action goes through: it asks, wants a reason, and tells how it ended.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, newKey } from '../api';
import { words } from '../words';
import { Field } from './form';
import { Trouble } from './small';

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
    // Does it, and gives what the operator is told afterwards; null when there is more to ask here.
    run: (doing: Doing) => Promise<string | null>;
    onDone: (told: string) => void;
    onClose: () => void;
}

export function ActionDialog({ title, how, verb, danger, asksOnly, children, missing, run, onDone, onClose }: ActionProps) {
    const [reason, setReason] = useState('');
    const [working, setWorking] = useState(false);
    const [problem, setProblem] = useState<ApiError | null>(null);
    const [lack, setLack] = useState('');
    const [key] = useState(newKey);
    const w = words();
    const submit = async (event: Event) => {
        event.preventDefault();
        const lacking = missing?.() || (!asksOnly && reason.trim() === '' ? w.act.reason_needed : '');
        setLack(lacking);
        if (lacking !== '' || working) return;
        setWorking(true);
        setProblem(null);
        try {
            const told = await run({ reason: reason.trim(), key });
            if (told !== null) onDone(told);
            else setWorking(false);
        } catch (failure) {
            setProblem(failure instanceof ApiError ? failure : new ApiError('refused', 0, '', String(failure)));
            setWorking(false);
        }
    };
    return (
        <Dialog title={title} onClose={onClose}>
            {how !== '' && <p class="soft">{how}</p>}
            <form onSubmit={submit} noValidate>
                {children}
                {!asksOnly && <Field label={w.act.ask} hint={w.act.ask_how} wide>
                    <input value={reason} maxLength={200} autoComplete="off" required
                        onInput={event => setReason(event.currentTarget.value)} />
                </Field>}
                {lack !== '' && <p class="problem" role="alert">{lack}</p>}
                {problem && <Trouble problem={problem} />}
                {problem && problem.trouble === 'away' && <p class="soft">{w.act.unclear}</p>}
                <div class="buttons">
                    <button type="button" class="plain" onClick={onClose}>{w.cancel}</button>
                    <button type="submit" class={danger ? 'danger' : ''} disabled={working}>
                        {working ? w.act.working : verb ?? title}</button>
                </div>
            </form>
        </Dialog>
    );
}
