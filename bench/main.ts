/*
 * The entry of the benchmark. The same file also starts as the load generator and as the bare server,
 * because both are processes of their own that the benchmark starts.
 */
const [role, ...rest] = process.argv.slice(2);

switch (role) {
  case 'generator': {
    const { serveAsGenerator } = await import('./generator.ts');
    serveAsGenerator();
    break;
  }
  case 'bare-server': {
    const { serveBare } = await import('./bare-server.ts');
    serveBare(Number(rest[0]), rest[1] ?? '.');
    break;
  }
  default: {
    const { runCommand } = await import('./command.ts');
    try {
      await runCommand(process.argv.slice(2));
    } catch (error) {
      process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    }
  }
}
