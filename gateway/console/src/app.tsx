// Signed in or not, language and theme; everything else is a page in the shell.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { ask, ApiError, useSession } from './api';
import { Shell } from './shell';
import { applyTheme, firstTheme, keepSignedIn, maybeSignedIn, type Language, type Theme } from './settings';
import { SignIn } from './pages/sign_in';
import { Loading, Trouble } from './parts/small';
import type { Session } from './types';
import { language, speak } from './words';

export function App() {
    const [session, setSession] = useState<Session | null>(null);
    const [known, setKnown] = useState(() => !maybeSignedIn());
    const [ended, setEnded] = useState(false);
    const [problem, setProblem] = useState<ApiError | null>(null);
    const [spoken, setSpoken] = useState<Language>(language());
    const [theme, setTheme] = useState<Theme>(firstTheme());

    const take = useCallback((next: Session | null) => {
        useSession(next);
        keepSignedIn(next !== null);
        setSession(next);
        setKnown(true);
        setProblem(null);
        if (next) setEnded(false);
    }, []);
    const look = useCallback(() => {
        ask<Session>('/session').then(take, (failure: ApiError) => {
            if (failure.trouble === 'signed_out') take(null);
            else setProblem(failure);
        });
    }, []);
    useEffect(() => {
        useSession(null, () => {
            take(null);
            setEnded(true);
        });
        if (!known) look();
    }, []);

    const say = (next: Language) => {
        speak(next);
        setSpoken(next);
    };
    const paint = (next: Theme) => {
        applyTheme(next);
        setTheme(next);
    };
    const settings = { spoken, theme, say, paint };
    if (problem && !session) {
        return <main class="alone"><Trouble problem={problem} again={look} /></main>;
    }
    if (!known) return <main class="alone"><Loading /></main>;
    if (!session) return <SignIn ended={ended} settings={settings} onSignedIn={take} />;
    // Signed out is who the gateway has signed out: until then the cookie lives on.
    const signOut = async () => {
        await ask('/session', { method: 'DELETE' });
        take(null);
    };
    return <Shell session={session} settings={settings} onSignOut={signOut} onStale={look} />;
}

export interface LookSettings {
    spoken: Language;
    theme: Theme;
    say: (next: Language) => void;
    paint: (next: Theme) => void;
}
