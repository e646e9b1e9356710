import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';

import { asJson, examplesPlugin, loadExamples } from './examples.jsx';
import { fetcherFor } from './fetcher.js';
import { tokenFreeStorage } from './storage.js';

// Without the server's `<meta>`, as under `vite dev`, the endpoint is a neighbour of this page.
const declared = document.querySelector('meta[name="graphql-endpoint"]')?.content ?? 'graphql';
const endpoint = new URL(declared, document.baseURI);

// Where the server does not tell its schema, the page does not ask for it.
const told = document.querySelector('meta[name="graphql-introspection"]')?.content !== 'off';

const WELCOME = `# Inventory answers with one SQL statement, whatever the depth.
# Ctrl-Enter runs, Ctrl-Space completes; the buttons on the left hold the
# schema, examples and an explorer to click a query together.

query Start {
  __schema {
    queryType {
      fields {
        name
        description
      }
    }
  }
}
`;

const examples = await loadExamples(new URL('examples.json', document.baseURI));
const examplesPanel = examplesPlugin(examples);
if (tokenFreeStorage.length === 0 && examples.items.length) {
  // A first visit looks like a later one that left the first example open; GraphiQL's own default
  // has no variables and comes back as a second tab after a reload.
  const [{ query, variables }] = examples.items;
  tokenFreeStorage.setItem('graphiql:query', query);
  tokenFreeStorage.setItem('graphiql:variables', asJson(variables));
}

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcherFor(endpoint)}
    plugins={[examplesPanel, explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN]}
    visiblePlugin={examplesPanel}
    defaultQuery={WELCOME}
    defaultEditorToolsVisibility="variables"
    {...(told ? { inputValueDeprecation: true, schemaDescription: true } : { schema: null })}
    shouldPersistHeaders={false}
    storage={tokenFreeStorage}
  >
    <GraphiQL.Logo>
      <span className="inventory-logo">
        <img src="icon.svg" alt="" /> Inventory
      </span>
    </GraphiQL.Logo>
  </GraphiQL>,
);
