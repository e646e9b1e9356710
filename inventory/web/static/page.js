const $ = (id) => document.getElementById(id);
const declared = document.querySelector('meta[name="graphql-endpoint"]').content;
const endpoint = new URL(declared, document.baseURI);

async function run() {
  $('answer').textContent = '…';
  const token = $('token').value.trim();
  try {
    const variables = $('variables').value.trim();
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json, application/json;q=0.9',
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({
        query: $('query').value,
        variables: variables ? JSON.parse(variables) : undefined,
      }),
    });
    const text = await answer.text();
    const json = answer.headers.get('content-type')?.includes('json');
    $('answer').textContent = json ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } catch (error) {
    $('answer').textContent = `Not answered: ${error.message}`;
  }
}

function write({ query, variables }) {
  $('query').value = query;
  $('variables').value = Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '';
  $('answer').textContent = '';
}

function open(example) {
  write(example);
  if (example.kind === 'query') run();
}

function item(example) {
  const button = document.createElement('button');
  button.textContent = example.title;
  button.title = example.description;
  button.onclick = () => open(example);
  const entry = document.createElement('li');
  entry.append(button);
  return entry;
}

$('form').onsubmit = (event) => {
  event.preventDefault();
  run();
};
$('form').onkeydown = (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) $('form').requestSubmit();
};

const examples = await (await fetch(new URL('examples.json', document.baseURI))).json();
$('examples').append(...examples.map(item));
if (!$('query').value) write(examples[0] ?? { query: '{ __typename }', variables: {} });
