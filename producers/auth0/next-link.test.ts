import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextLink } from './next-link.ts';

const AT = 'https://acme.eu.auth0.com/api/v2/logs?from=1&take=100';
const NEXT = 'https://acme.eu.auth0.com/api/v2/logs?from=2&take=100';
const next = (link: string): string | null => nextLink(new Headers({ link }), AT);

test('the next page is found however the header writes it', () => {
  for (const link of [
    `<${NEXT}>; rel="next"`,
    `<${NEXT}>;rel=next`,
    `<${NEXT}>; title="a, <b>; c"; REL="last NEXT"`,
    `</other>; rel="prev", <${NEXT}>; rel="next"; type="json", </more>; rel="first"`,
    '</api/v2/logs?from=2&take=100>; rel="next"',
    '<?from=2&take=100>; rel="next"',
  ]) {
    assert.equal(next(link), NEXT, link);
  }
});

test('what is no link to a next page is none', () => {
  assert.equal(nextLink(new Headers(), AT), null);
  for (const link of [
    '',
    'next',
    `<${NEXT}>`,
    `<${NEXT}>; rel="nextish"`,
    `<${NEXT}>; rel="prev"`,
    '<http://[>; rel=next',
  ]) {
    assert.equal(next(link), null, link);
  }
});
