import { render } from 'preact';
import { App } from './app';
import { applyTheme, firstTheme } from './settings';
import { language, speak } from './words';
import './style/base.css';
import './style/shell.css';
import './style/parts.css';
import './style/pages.css';

applyTheme(firstTheme());
speak(language());
const place = document.getElementById('console');
if (place) render(<App />, place);
