/** `NAME=value` lines that both a shell (`. .dev/env`) and this program read. */
export function parseEnvFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^(?:export )?([A-Z_][A-Z0-9_]*)='?(.*?)'?$/.exec(line.trim());
    if (match?.[1] !== undefined) values[match[1]] = match[2] ?? '';
  }
  return values;
}

export function formatEnvFile(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      if (/['\n]/.test(value)) throw new Error(`Expected ${name} without quotes and line breaks.`);
      return `export ${name}='${value}'\n`;
    })
    .join('');
}
