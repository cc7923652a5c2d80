import { Document, isCollection, isMap, isSeq, type Node, parseDocument } from 'yaml';

/**
 * Appends mappings to a list at the top level of a YAML or JSON text. All that stands there stays as it is, to the
 * byte: comments, quotes, and the order of keys. Null when there is no such list.
 */
export function appendToList(text: string, key: string, elements: readonly object[]): string | null {
  const list: unknown = parseDocument(text).get(key, true);
  if (!isSeq(list) || !list.range) return null;
  const [start, end] = list.range;
  const last = list.items.at(-1) as Node | undefined;
  if (list.flow !== true) {
    // A block list has an element: without one it would not be a list.
    const at = endOfLine(text, endOf(last, end));
    const indent = ' '.repeat(columnOf(text, start));
    const lines = elements.map((element) => `${indent}- ${flowText(element)}\n`).join('');
    return `${text.slice(0, at)}${text[at - 1] === '\n' ? '' : '\n'}${lines}${text.slice(at)}`;
  }
  // JSON, since the list may stand in a file that is nothing else.
  const texts = elements.map((element) => JSON.stringify(element));
  if (last?.range == null) return `${text.slice(0, start + 1)}${texts.join(', ')}${text.slice(start + 1)}`;
  const [lastStart, at] = last.range;
  const isOnItsLine = text.slice(startOfLine(text, lastStart), lastStart).trim() === '';
  const gap = isOnItsLine ? `\n${' '.repeat(columnOf(text, lastStart))}` : ' ';
  return `${text.slice(0, at)}${texts.map((each) => `,${gap}${each}`).join('')}${text.slice(at)}`;
}

/** Where a node ends. A block collection would count comments behind it as its own: its last value ends it. */
function endOf(node: Node | null | undefined, otherwise: number): number {
  if (node == null) return otherwise;
  const end = node.range?.[1] ?? otherwise;
  if (!isCollection(node) || node.flow === true) return end;
  if (isMap<Node, Node | null>(node)) {
    const pair = node.items.at(-1);
    return endOf(pair?.value ?? pair?.key, end);
  }
  return endOf(node.items.at(-1) as Node | undefined, end);
}

/** Behind the line break of the line that holds what ends at `at`; a block of text ends behind its own. */
function endOfLine(text: string, at: number): number {
  if (text[at - 1] === '\n') return at;
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

function startOfLine(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function columnOf(text: string, at: number): number {
  return at - startOfLine(text, at);
}

/** `{ id: acme, name: Acme Corp }` */
function flowText(element: object): string {
  const document = new Document(element);
  if (isMap(document.contents)) document.contents.flow = true;
  return document.toString({ lineWidth: 0 }).trim();
}
