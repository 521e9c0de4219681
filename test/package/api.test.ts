import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { ROOT } from '../../tools/dev/paths.js';
import { manifest } from '../support/packed-package.js';

const source = (part: string): string => path.join('src', part, 'index.ts');
const ENTRIES = Object.keys(manifest.exports)
  .filter((part) => !part.endsWith('.json'))
  .map(source);

it('the API reference has every part of the package, and no other', () => {
  const { entryPoints } = JSON.parse(readFileSync(path.join(ROOT, 'typedoc.json'), 'utf8')) as {
    entryPoints: string[];
  };
  expect(entryPoints.map((entry) => path.normalize(entry))).toEqual(ENTRIES);
});

it('every export says what it is', () => {
  const config = ts.getParsedCommandLineOfConfigFile(
    path.join(ROOT, 'tsconfig.build.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
      },
    },
  );
  const files = ENTRIES.map((file) => path.join(ROOT, file));
  const program = ts.createProgram(files, config?.options ?? {});
  const checker = program.getTypeChecker();
  const silent = new Set<string>();
  let seen = 0;
  for (const file of files) {
    const module = program.getSourceFile(file);
    const symbol = module && checker.getSymbolAtLocation(module);
    if (symbol === undefined) throw new Error(`Expected a module in ${file}.`);
    for (const exported of checker.getExportsOfModule(symbol)) {
      const meant = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const place = path.relative(ROOT, meant.declarations?.[0]?.getSourceFile().fileName ?? '');
      seen += 1;
      if (meant.getDocumentationComment(checker).length === 0) silent.add(`${place}: ${meant.name}`);
    }
  }
  expect(seen).toBeGreaterThan(100);
  expect([...silent].sort()).toEqual([]);
});
