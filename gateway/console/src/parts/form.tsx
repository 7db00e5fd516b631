// Fields with their labels.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { kLastMoment } from '../format';
import { statusWord } from './small';
import { words } from '../words';

export function Field({ label, hint, problem, children, wide }: {
    label: string; hint?: string | undefined; problem?: string | undefined; children: ComponentChildren; wide?: boolean;
}) {
    return (
        <label class={wide ? 'field wide' : 'field'}>
            <span class="name">{label}</span>
            {children}
            {hint && <span class="hint">{hint}</span>}
            {problem && <span class="problem" role="alert">{problem}</span>}
        </label>
    );
}

export function Choice({ label, value, options, onChange, word = statusWord }: {
    label: string; value: string; options: readonly string[]; onChange: (value: string) => void; word?: (option: string) => string;
}) {
    return (
        <Field label={label}>
            <select value={value} onChange={event => onChange(event.currentTarget.value)}>
                <option value="">{words().all}</option>
                {options.map(option => <option key={option} value={option}>{word(option)}</option>)}
            </select>
        </Field>
    );
}

// Text that counts once the operator leaves the field or presses Enter.
export function TextChoice({ label, value, onChange, placeholder = '' }: {
    label: string; value: string; onChange: (value: string) => void; placeholder?: string;
}) {
    const [text, setText] = useState(value);
    useEffect(() => setText(value), [value]);
    return (
        <Field label={label}>
            <input value={text} maxLength={128} spellcheck={false} autoComplete="off" placeholder={placeholder}
                onInput={event => setText(event.currentTarget.value)}
                onChange={event => onChange(event.currentTarget.value.trim())} />
        </Field>
    );
}

// A moment, in the browser's zone.
export function Moment({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
    return (
        <Field label={label}>
            <input type="datetime-local" max={kLastMoment} value={value} onChange={event => onChange(event.currentTarget.value)} />
        </Field>
    );
}
