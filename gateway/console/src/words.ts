// The language in use. A page that shows words asks for them anew on each drawing.
import { firstLanguage, keepLanguage, type Language } from './settings';
import { en, type Words } from './words/en';
import { zh } from './words/zh';

let current: Language = firstLanguage();

export const language = (): Language => current;
export const words = (): Words => (current === 'zh' ? zh : en);

export function speak(next: Language): void {
    current = next;
    keepLanguage(next);
    document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
    document.title = words().title;
}
