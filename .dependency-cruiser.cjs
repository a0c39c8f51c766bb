/*
 * The direction of the doors (docs/ARCHITECTURE.md): a room imports from itself and from below, never up, never in a circle.
 */
const rooms = {
  jute: [],
  datatree: ['jute'],
  quorum: ['jute', 'datatree'],
  fourletter: ['jute', 'datatree'],
  admin: ['jute', 'datatree', 'fourletter'],
  server: ['jute', 'datatree', 'quorum', 'fourletter', 'admin'],
  client: ['jute'],
  cli: ['jute', 'datatree', 'server', 'client', 'fourletter'],
};

const directionOfImports = Object.entries(rooms).map(([room, below]) => ({
  name: `${room}-imports-down`,
  comment: `src/${room} may import only from itself and from: ${below.join(', ') || 'nothing'}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(${[room, ...below].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...directionOfImports,
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'io-only-at-the-edge',
      comment:
        'Sockets, files, timers and processes live in src/server/host, src/server/main, src/cli and src/client.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(server/host/|server/main|cli/|client/)' },
      to: {
        path: '^(node:)?(net|fs|fs/promises|http|https|tls|timers|child_process|worker_threads|os|process)$',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
