// Holds HTML pages to the standard: reads {name: page} as JSON from standard input and writes a list of faults as JSON.
// parse5 reads as a browser does and knows the end tags that may be left out: what it has to mend is a fault. html-validate,
// which wants every tag, finds what stands where it must not in the page as parse5 understood it.
import { HtmlValidate, StaticConfigLoader } from 'html-validate/node';
import { parse, serialize } from 'parse5';

const rules = new HtmlValidate(
  new StaticConfigLoader({
    root: true,
    extends: ['html-validate:standard', 'html-validate:a11y'],
    elements: ['html5'],
    rules: {
      'meta-refresh': 'off', // what changes is renewed without a script too
      'prefer-native-element': 'off', // a region that scrolls is no section of the text
    },
  }),
);

/** Elements whose end tag may be left out. */
const optional = new Set(
  'html head body li dt dd p rt rp optgroup option colgroup caption thead tbody tfoot tr td th'.split(' '),
);
const empty = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));

/** What the page opens and never closes, and how many end tags close something. */
function closings(html, node, found = { open: [], ends: 0 }) {
  const place = node.sourceCodeLocation;
  if (node.tagName && place) {
    const start = place.startTag ?? place;
    const own =
      node.namespaceURI !== 'http://www.w3.org/1999/xhtml' &&
      html.slice(start.startOffset, start.endOffset).endsWith('/>');
    if (place.endTag) found.ends++;
    else if (!own && !optional.has(node.tagName) && !empty.has(node.tagName)) found.open.push(node);
  }
  for (const child of [...(node.childNodes ?? []), ...(node.content?.childNodes ?? [])]) closings(html, child, found);
  return found;
}

let input = '';
for await (const piece of process.stdin) input += piece;

const faults = new Map(); // each once, with the first page that has it and how many do
const note = (page, words) => {
  const known = faults.get(words);
  if (known) known.pages++;
  else faults.set(words, { page, pages: 1 });
};
for (const [name, html] of Object.entries(JSON.parse(input))) {
  const lines = html.split('\n');
  const document = parse(html, {
    sourceCodeLocationInfo: true,
    scriptingEnabled: false, // what stands in for scripts is looked at, too
    onParseError: ({ code, startLine, startCol }) =>
      note(name, `${code} at "${lines[startLine - 1]?.slice(Math.max(0, startCol - 20), startCol + 60)}"`),
  });
  const { open, ends } = closings(html, document);
  for (const { tagName, sourceCodeLocation } of open)
    note(name, `<${tagName}> is not closed, at "${html.substr(sourceCodeLocation.startOffset, 60)}"`);
  const tags = html.match(/<\/[a-z]/gi)?.length ?? 0;
  if (tags !== ends) note(name, `${tags - ends} end tags close nothing`);
  const whole = serialize(document);
  const written = whole.split('\n');
  const { results } = await rules.validateString(whole);
  for (const { messages } of results) {
    for (const { ruleId, message, line, column } of messages) {
      note(name, `${ruleId}: ${message} at "${written[line - 1]?.slice(Math.max(0, column - 20), column + 60)}"`);
    }
  }
}
process.stdout.write(
  JSON.stringify([...faults].map(([words, { page, pages }]) => `${page}: ${words} (${pages} pages)`)),
);
