import { createGraphiQLFetcher } from '@graphiql/toolkit';

/** A `fetch` whose failures say what happened; GraphiQL shows the message where the answer would be. */
async function fetchAnswer(url, init) {
  let answer;
  try {
    answer = await fetch(url, init);
  } catch {
    throw new Error(`No answer from ${url}. Is the Inventory still running?`);
  }
  if (answer.headers.get('content-type')?.includes('json')) return answer;
  throw new Error(`${url} answered ${answer.status} ${answer.statusText}: ${await answer.text()}`);
}

/** Queries and mutations go by POST; a subscription opens a WebSocket when it is run, never before. */
export function fetcherFor(endpoint) {
  const socket = new URL(endpoint);
  socket.protocol = endpoint.protocol.replace('http', 'ws');
  return createGraphiQLFetcher({
    url: endpoint.href,
    subscriptionUrl: socket.href,
    fetch: fetchAnswer,
    enableIncrementalDelivery: false,
  });
}
