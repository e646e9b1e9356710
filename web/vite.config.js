import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const target = '../inventory/web/static/graphiql';

/** Writes `name.gz` beside each asset, so that the server never compresses 7 MB itself. */
function compressed() {
  return {
    name: 'compressed',
    closeBundle() {
      const folder = join(import.meta.dirname, target, 'assets');
      for (const name of readdirSync(folder)) {
        writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  // Relative, because the server says in `<base>` under which prefix it is reached.
  base: './',
  build: {
    outDir: target,
    emptyOutDir: true,
    // Monaco is one large chunk on purpose: it is needed at once and cached for a year.
    chunkSizeWarningLimit: 5000,
    reportCompressedSize: false,
    rolldownOptions: {
      // Libraries mark modules with "use client", which means nothing without a server that renders.
      onLog: (level, log, show) => log.code === 'MODULE_LEVEL_DIRECTIVE' || show(level, log),
    },
  },
  worker: { format: 'es' },
  plugins: [compressed()],
  // `npm run dev` serves this page alone and asks a running `inventory serve` for the rest.
  server: {
    proxy: {
      '/graphql': { target: 'http://127.0.0.1:8080', ws: true },
      '/examples.json': 'http://127.0.0.1:8080',
      '/icon.svg': 'http://127.0.0.1:8080',
    },
  },
});
