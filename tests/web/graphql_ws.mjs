// Watches a run with graphql-ws from the folder of packages that is given, and prints what came.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [packages, url, runId, token] = process.argv.slice(2);
const found = createRequire(pathToFileURL(`${packages}/`)).resolve('graphql-ws');
const { createClient } = await import(pathToFileURL(found).href);

const client = createClient({ url, connectionParams: { Authorization: `Bearer ${token}` } });
const seen = [];
const query = 'subscription ($id: ID!) { taskEvents(id: $id) { sequence state } }';
for await (const { data } of client.iterate({ query, variables: { id: runId } })) {
  seen.push(data.taskEvents);
}
const refused = await new Promise((resolve) => {
  client.subscribe({ query: '{ nothing }' }, { next: resolve, error: resolve, complete: resolve });
});
console.log(JSON.stringify({ seen, refused: refused[0].extensions.code }));
await client.dispose();
