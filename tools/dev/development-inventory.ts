/** The inventory of the development servers: target -> DSN. */
export function developmentInventory(targets: Readonly<Record<string, string>>): string {
  const entries = Object.entries(targets).map(
    ([target, dsn]) => `  ${target}:\n    environment: development\n    dsn: ${JSON.stringify(dsn)}\n`,
  );
  return `# Written by ./dev up\ndevelopment: true\ntargets:\n${entries.join('')}`;
}
