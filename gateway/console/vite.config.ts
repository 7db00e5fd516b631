import { defineConfig } from 'vite';

export default defineConfig({
    base: '/console/',
    // While working on the pages: `npx vite`, beside a gateway that runs.
    server: { proxy: { '/console/api': 'http://127.0.0.1:8602' } },
    build: {
        target: 'es2022',
        // The policy allows no data: fonts or scripts, and a file is cached for ever by its name.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
    },
});
