import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { allocateDay } from './allocate-day.ts';
import { compileCatalog } from './compile-catalog.ts';
import { documentText } from './document-text.ts';
import { statementText } from './statement-text.ts';
import { catalogArb, inputsArb, RUNS } from './testing/generate.ts';
import { expectedDay } from './testing/oracle.ts';

/** Quantities are integers without a limit; the oracle writes them as text, so that no parser rounds them. */
function statementJson(text: string): unknown {
  return JSON.parse(text.replace(/"quantity":(\d+)/g, '"quantity":"$1"'));
}

describe('allocateDay against the rules written down a second time', () => {
  it('gives the same documents and statements, digests included', () => {
    fc.assert(
      fc.property(catalogArb, inputsArb, (catalog, inputs) => {
        const { documents, statements } = allocateDay(inputs, compileCatalog(catalog));
        const expected = expectedDay(inputs, catalog);
        assert.deepEqual(
          documents.map((document) => JSON.parse(documentText(document))),
          expected.documents,
        );
        assert.deepEqual(
          statements.map((statement) => statementJson(statementText(statement))),
          expected.statements,
        );
      }),
      RUNS,
    );
  });
});
