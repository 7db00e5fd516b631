// What this browser remembers: language, theme, and whether somebody is signed in. Nothing about anybody's payments.
export type Language = 'zh' | 'en';
export type Theme = 'system' | 'light' | 'dark';

const kLanguage = 'tollgate-console-language';
const kTheme = 'tollgate-console-theme';
const kSignedIn = 'tollgate-console-signed-in';

function kept(name: string): string | null {
    try {
        return localStorage.getItem(name);
    } catch {
        return null;  // Storage may be forbidden: then nothing is remembered.
    }
}
function keep(name: string, value: string): void {
    try {
        localStorage.setItem(name, value);
    } catch {
        // As above.
    }
}

export function firstLanguage(): Language {
    const chosen = kept(kLanguage);
    if (chosen === 'zh' || chosen === 'en') return chosen;
    return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
export const keepLanguage = (language: Language): void => keep(kLanguage, language);

export function firstTheme(): Theme {
    const chosen = kept(kTheme);
    return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}
export function applyTheme(theme: Theme): void {
    keep(kTheme, theme);
    if (theme === 'system') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.setAttribute('data-theme', theme);
}

// Only that somebody is: who it is, the gateway knows by its cookie. Saves a question whose answer is no.
export const maybeSignedIn = (): boolean => kept(kSignedIn) === 'yes';
export const keepSignedIn = (signedIn: boolean): void => keep(kSignedIn, signedIn ? 'yes' : 'no');
