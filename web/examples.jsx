import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { getOperationAST, parse } from 'graphql';

/** `{items, problem}`: the page works without examples, so their absence is a sentence, not an error. */
export async function loadExamples(url) {
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return { items: await answer.json() };
  } catch (error) {
    return { items: [], problem: `The examples could not be loaded (${error.message}).` };
  }
}

/** Variables as the editor shows them: nothing when there are none. */
export const asJson = (variables) =>
  Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '';

/** A panel for GraphiQL's side bar with the queries that the server offers. */
export function examplesPlugin({ items, problem }) {
  return {
    title: 'Examples',
    icon: ExamplesIcon,
    content: () => <Examples items={items} problem={problem} />,
  };
}

function Examples({ items, problem }) {
  const open = useOpen();
  return (
    <section className="examples" aria-label="Examples">
      <h2>Examples</h2>
      <p className="hint">
        {problem ?? 'A click opens a query in a tab and runs it. A mutation is only opened.'}
      </p>
      <ul>
        {items.map((example) => (
          <li key={example.title}>
            <button type="button" onClick={() => open(example)}>
              <strong>{example.title}</strong>
              {example.kind !== 'query' && <em>{example.kind}</em>}
              <span>{example.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Opens an example in the tab that already holds it, else in an empty tab, else in a new one. */
function useOpen() {
  const { tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL((state) => state);
  const { addTab, changeTab, run, setOperationFacts, stop } = useGraphiQLActions();

  return ({ query, variables, kind }) => {
    stop();
    const holder = tabs.findIndex((tab) => tab.query === query);
    if (holder >= 0) {
      if (holder !== activeTabIndex) changeTab(holder);
    } else if (tabs[activeTabIndex].query?.trim()) {
      addTab();
    }
    if (queryEditor.getValue() !== query) queryEditor.setValue(query);
    variableEditor.setValue(asJson(variables));

    // GraphiQL reads the operation's name from the editor 100 ms later, which is too late to run it.
    const documentAST = parse(query);
    const operations = documentAST.definitions.filter((node) => node.kind === 'OperationDefinition');
    const operationName = getOperationAST(documentAST)?.name?.value;
    setOperationFacts({ documentAST, operationName, operations });
    if (kind === 'query') run();
  };
}

function ExamplesIcon(props) {
  return (
    <svg viewBox="0 0 24 24" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5" {...props}>
      <path strokeLinecap="round" strokeLinejoin="round" d="M4 5h16M4 12h9M4 19h9M17 11l5 3.5-5 3.5z" />
    </svg>
  );
}
