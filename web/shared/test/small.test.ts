import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff } from '../backoff.ts';
import { inkOn } from '../colour.ts';
import { chooseFormats, chooseLanguage, direction, texts } from '../texts.ts';

test('back-off doubles from half a second to fifteen, with jitter downwards', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 60].map((n) => backoff(n, () => 1)),
    [500, 1000, 2000, 4000, 8000, 15000, 15000, 15000],
  );
  assert.equal(
    backoff(0, () => 0),
    250,
  );
});

test('texts: values, missing values, missing entries', () => {
  const t = texts({ hi: 'Hi {name}, {name}!', plain: 'x' });
  assert.equal(t('hi', { name: 'Ann' }), 'Hi Ann, Ann!');
  assert.equal(t('hi'), 'Hi {name}, {name}!');
  assert.equal(t('unknown'), 'unknown');
});

test('languages: the first known one, else the first', () => {
  assert.equal(chooseLanguage(['en', 'de'], ['fr-FR', 'de-AT', 'en']), 'de');
  assert.equal(chooseLanguage(['en', 'de'], ['', 'fr']), 'en');
  assert.equal(chooseFormats('de', ['en-GB', 'de-AT']), 'de-AT');
  assert.equal(chooseFormats('en', ['fr']), 'en');
  assert.equal(direction('ar-EG'), 'rtl');
  assert.equal(direction('de'), 'ltr');
});

test('ink: readable on light and dark accents', () => {
  assert.equal(inkOn('#2563eb'), '#fff');
  assert.equal(inkOn('#facc15'), '#000');
  assert.equal(inkOn('#000000'), '#fff');
  assert.equal(inkOn('red'), '#fff');
});
