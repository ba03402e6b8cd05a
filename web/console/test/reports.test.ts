import assert from 'node:assert/strict';
import { test } from 'node:test';
import kinds from '../../shared/kinds.json';
import { INTERVALS, MEDIA } from '../../shared/native.ts';
import de from '../locales/de.json';
import en from '../locales/en.json';
import { columnsOf, DIMENSIONS, FIGURES, valueOf } from '../src/lib/figures.ts';
import { dateIn, daysOf, intervalFor, RANGES } from '../src/lib/range.ts';

test('every figure is of measures that the desk has, with a name in every language', () => {
  const units = new Map(kinds.measures.map(({ name, unit }) => [name, unit]));
  const figures = [...FIGURES, ...DIMENSIONS.flatMap((dimension) => columnsOf(dimension))];
  for (const { name, kind, of, by } of figures) {
    assert.equal(units.get(of), kind === 'count' ? 'count' : 'milliseconds', name);
    assert.equal(by === undefined ? undefined : units.get(by), kind === 'mean' ? 'count' : undefined, name);
    for (const catalogue of [en, de] as Record<string, string>[]) assert.ok(catalogue[`measure_${name}`], name);
  }
  for (const columns of [FIGURES, ...DIMENSIONS.map(columnsOf)])
    assert.equal(new Set(columns.map(({ name }) => name)).size, columns.length);
});

test('whatever a report is asked for has a name in every language', () => {
  const wanted = [
    ...RANGES.map((range) => `range_${range}`),
    ...INTERVALS.map((interval) => `interval_${interval}`),
    ...DIMENSIONS.map((dimension) => `by_${dimension}`),
    ...MEDIA.map((medium) => `medium_${medium}`),
  ];
  for (const catalogue of [en, de] as Record<string, string>[]) assert.deepEqual(wanted.filter((key) => !catalogue[key]), []);
});

test('a mean is divided where it is shown, and is none of nothing', () => {
  const mean = FIGURES.find(({ name }) => name === 'first_answer')!;
  assert.equal(valueOf(mean, { new_answer_time: 90_000, new_answers: 3 }), 30_000);
  assert.equal(valueOf(mean, { new_answer_time: 0, new_answers: 0 }), null);
  assert.equal(valueOf(FIGURES[0]!, {}), 0);
});

test('days as the desk counts them', () => {
  const evening = Date.UTC(2026, 11, 31, 23, 30);
  assert.deepEqual(['UTC', 'Europe/Berlin', 'America/New_York'].map((zone) => dateIn(zone, evening)), [
    '2026-12-31',
    '2027-01-01',
    '2026-12-31',
  ]);
  const today = '2027-03-01';
  assert.deepEqual(daysOf('today', today), { from: today, to: today });
  assert.deepEqual(daysOf('week', today), { from: '2027-02-23', to: today });
  assert.deepEqual(daysOf('days', today), { from: '2027-01-31', to: today });
  assert.deepEqual(daysOf('month', '2027-03-31'), { from: '2027-03-01', to: '2027-03-31' });
  assert.deepEqual(daysOf('last_month', today), { from: '2027-02-01', to: '2027-02-28' });
  assert.deepEqual(
    [
      ['2027-01-01', '2027-01-01'],
      ['2027-01-01', '2027-01-31'],
      ['2027-01-01', '2027-12-31'],
      ['2020-01-01', '2027-12-31'],
    ].map(([from, to]) => intervalFor({ from: from!, to: to! })),
    ['hour', 'day', 'week', 'month'],
  );
});
