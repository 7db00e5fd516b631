import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, asProblem, type ApiError } from '../api';
import type { LookSettings } from '../app';
import { Field } from '../parts/form';
import { Trouble } from '../parts/small';
import { Switches } from '../switches';
import type { Session } from '../types';
import { words } from '../words';

export function SignIn({ ended, settings, onSignedIn }: {
    ended: boolean; settings: LookSettings; onSignedIn: (session: Session) => void;
}) {
    const [name, setName] = useState('');
    const [password, setPassword] = useState('');
    const [working, setWorking] = useState(false);
    const [problem, setProblem] = useState<ApiError | null>(null);
    const first = useRef<HTMLInputElement>(null);
    useEffect(() => first.current?.focus(), []);
    const w = words();
    const submit = async (event: Event) => {
        event.preventDefault();
        if (working || name === '' || password === '') return;
        setWorking(true);
        setProblem(null);
        try {
            onSignedIn(await ask<Session>('/session', { method: 'POST', body: { name: name.trim(), password } }));
        } catch (failure) {
            setProblem(asProblem(failure));
            setPassword('');
            setWorking(false);
        }
    };
    return (
        <main class="alone">
            <form class="card sign-in" onSubmit={submit}>
                <img src="/console/icon.svg" alt="" width="44" height="44" />
                <h1>{w.title}</h1>
                {ended && !problem && <p class="note" role="status">{w.signed_out}</p>}
                <Field label={w.name} wide>
                    <input ref={first} name="name" value={name} autoComplete="username" autoCapitalize="none" spellcheck={false} required
                        onInput={event => setName(event.currentTarget.value)} />
                </Field>
                <Field label={w.password} wide>
                    <input name="password" type="password" value={password} autoComplete="current-password" required
                        onInput={event => setPassword(event.currentTarget.value)} />
                </Field>
                {problem && (problem.status === 401
                    ? <p class="problem" role="alert">{w.sign_in_wrong}</p> : <Trouble problem={problem} />)}
                <button type="submit" disabled={working}>{working ? w.signing_in : w.sign_in}</button>
                <p class="hint">{w.sign_in_how}</p>
            </form>
            <p class="under"><Switches settings={settings} /></p>
        </main>
    );
}
