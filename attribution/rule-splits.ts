import type { Fallback, Rule, Split } from '../schemas/catalog.ts';

/** A split or fallback inside a rule, with its path from the rule. */
export interface LocatedSplit {
  readonly split: Fallback;
  readonly path: string;
}

/** Every split of a rule, however deep: its own, the parts of blends, and what stands under `otherwise`. */
export function splitsOf(rule: Rule): LocatedSplit[] {
  return rule.split === undefined ? [] : [...walk(rule.split, 'split')];
}

function* walk(split: Fallback, path: string): Generator<LocatedSplit> {
  yield { split, path };
  for (const [name, list] of childrenOf(split)) {
    for (const [i, child] of list.entries()) yield* walk(child, `${path}.${name}[${i}]`);
  }
}

function childrenOf(split: Fallback): [string, readonly Fallback[]][] {
  if ('parts' in split) return [['parts', split.parts]];
  return 'otherwise' in split ? [['otherwise', split.otherwise ?? []]] : [];
}

/** The label of what a rule allocates: its own, or the default of its action. */
export function tierOf(rule: Rule): string {
  if (rule.tier !== undefined) return rule.tier;
  return rule.assign !== undefined || isUsage(rule.split) ? 'infrastructure' : 'external';
}

/** The tiers that a rule's splits take as their base. */
export function basesOf(rule: Rule): string[] {
  return splitsOf(rule).flatMap(({ split }) => ('of' in split ? [split.of] : []));
}

function isUsage(split: Split | undefined): boolean {
  return split?.by === 'usage';
}
