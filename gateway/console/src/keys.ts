// Keys: "/" to search, "g p" to go somewhere, "?" for all of them. Never while somebody types.
import { useEffect } from 'preact/hooks';
import type { PageName } from './shell';
import { go, link } from './route';

export const kGo: Record<PageName, string> = {
    overview: 'o', payments: 'p', notifications: 'n', deliveries: 'd', differences: 'f', audit: 'a', sandbox: 's',
};

const kSecondKeyMs = 1_200;

export interface Keys {
    pages: PageName[];
    search: () => void;
    help: () => void;
    theme: () => void;
    language: () => void;
}

// Outlives a drawing: the second key may come after one.
let goUntil = 0;

const types = (target: EventTarget | null): boolean =>
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function useKeys(keys: Keys): void {
    useEffect(() => {
        const pressed = (event: KeyboardEvent) => {
            if (event.ctrlKey || event.metaKey || event.altKey || types(event.target)) return;
            if (document.querySelector('dialog[open]')) return;
            const act = (what: () => void) => {
                event.preventDefault();
                what();
            };
            if (Date.now() < goUntil) {
                goUntil = 0;
                const page = keys.pages.find(one => kGo[one] === event.key);
                if (page) act(() => go(link([page])));
                return;
            }
            switch (event.key) {
                case '/': return act(keys.search);
                case '?': return act(keys.help);
                case 't': return act(keys.theme);
                case 'l': return act(keys.language);
                case 'g': goUntil = Date.now() + kSecondKeyMs; return;
                default:
            }
        };
        addEventListener('keydown', pressed);
        return () => removeEventListener('keydown', pressed);
    });
}
