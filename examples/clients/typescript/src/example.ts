// Questions to the inventory by a client that knows the type of every answer.
//
//     node build/example.js http://127.0.0.1:8080/graphql
//
// The environment variable INVENTORY_TOKEN holds the token, where the service asks for one.
import { setTimeout as sleep } from "node:timers/promises";
import { graphql } from "./gql/index.js";
import type { AwsInstanceWhere, InstanceLineFragment } from "./gql/graphql.js";
import { inventory, type Ask } from "./inventory.js";

const VpcOwners = graphql(`
  query VpcOwners($first: Int!, $where: AwsVpcWhere) {
    awsVpcs(first: $first, where: $where, orderBy: [{ name: ASC }]) {
      nodes {
        vpcId
        gardenerShoots(first: 5) {
          edges {
            rule
            matchedOn {
              column
              value
            }
            node {
              name
              project {
                name
                owner
              }
            }
          }
        }
      }
    }
  }
`);

const InstancePage = graphql(`
  query InstancePage($first: Int!, $after: String, $where: AwsInstanceWhere) {
    awsInstances(first: $first, after: $after, where: $where, orderBy: [{ launchTime: DESC }]) {
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        ...InstanceLine
      }
    }
  }

  fragment InstanceLine on AwsInstance {
    id
    instanceId
    launchTime
  }
`);

const Fleet = graphql(`
  query Fleet {
    awsInstances(where: { state: { eq: "running" } }) {
      aggregate {
        count
        min {
          launchTime
        }
      }
      groups(by: [INSTANCE_TYPE], first: 5) {
        key {
          instanceType
        }
        count
      }
    }
  }
`);

const Leaks = graphql(`
  query Leaks($first: Int!, $minimum: Float!) {
    leaks(
      first: $first
      where: { confidence: { gte: $minimum } }
      orderBy: [{ confidence: DESC }, { rule: ASC }, { resourceName: ASC }]
    ) {
      totalCount
      nodes {
        rule
        reason
        firstDetectedAt
        resource {
          displayName
        }
      }
    }
  }
`);

const Anything = graphql(`
  query Anything($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on AwsInstance {
        instanceType
      }
      ... on GardenerShoot {
        technicalId
      }
    }
  }
`);

const ReadVpcsAgain = graphql(`
  mutation ReadVpcsAgain($input: AwsCollectVpcsInput!) {
    awsCollectVpcs(input: $input) {
      run {
        id
      }
      errors {
        code
        message
      }
    }
  }
`);

const RunState = graphql(`
  query RunState($id: ID!) {
    commonRun(id: $id) {
      state
    }
  }
`);

const ENDED = ["completed", "archived", "cancelled"];

/** VPC → shoot → project, and why each pair belongs together. */
async function owners(ask: Ask): Promise<string[]> {
  const where = { gardenerShoots: { some: {} } };
  const { awsVpcs } = await ask(VpcOwners, { first: 3, where });
  return awsVpcs.nodes.flatMap((vpc) =>
    vpc.gardenerShoots.edges.map(({ node, rule, matchedOn }) => {
      const why = matchedOn.map(({ column, value }) => `${column} = ${value}`).join(", ");
      const owner = node.project?.owner ?? node.project?.name;
      return `${vpc.vpcId} is ${node.name}'s, owned by ${owner} (${rule}: ${why})`;
    }),
  );
}

/** All instances, a page at a time. Rows that come or go meanwhile move nothing. */
async function* instances(
  ask: Ask,
  where: AwsInstanceWhere,
  size: number,
): AsyncGenerator<InstanceLineFragment> {
  let after: string | null | undefined;
  for (;;) {
    const { awsInstances } = await ask(InstancePage, {
      first: size,
      where,
      ...(after ? { after } : {}),
    });
    yield* awsInstances.nodes;
    if (!awsInstances.pageInfo.hasNextPage) return;
    after = awsInstances.pageInfo.endCursor;
  }
}

/** Waits for a run to end. */
async function finished(ask: Ask, id: string, patienceMs = 60_000): Promise<string> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    const { commonRun } = await ask(RunState, { id });
    if (commonRun?.state && ENDED.includes(commonRun.state)) return commonRun.state;
    await sleep(200);
  }
  throw new Error(`${id} has not ended within ${patienceMs / 1000} s`);
}

async function main(url: string): Promise<void> {
  const ask = inventory(url, process.env["INVENTORY_TOKEN"]);
  for (const line of await owners(ask)) console.log(`owner: ${line}`);

  const found: InstanceLineFragment[] = [];
  for await (const one of instances(ask, { state: { eq: "running" } }, 100)) found.push(one);
  const fleet = (await ask(Fleet, {})).awsInstances;
  console.log(`paged: ${found.length} of ${fleet.aggregate.count} running instances`);
  for (const { key, count } of fleet.groups) console.log(`type: ${key.instanceType} ${count}`);

  const { leaks } = await ask(Leaks, { first: 3, minimum: 0.5 });
  console.log(`leaks: ${leaks.totalCount}`);
  for (const leak of leaks.nodes) {
    const since = new Date(leak.firstDetectedAt).toISOString().slice(0, 10);
    console.log(`leak: ${leak.rule} ${leak.resource?.displayName} since ${since}: ${leak.reason}`);
  }

  const first = found[0];
  if (first) {
    const { node } = await ask(Anything, { id: first.id });
    console.log(`node: ${node?.__typename} ${node?.id === first.id}`);
  }

  const { awsCollectVpcs } = await ask(ReadVpcsAgain, { input: {} });
  for (const { code, message } of awsCollectVpcs.errors) console.log(`refused: ${code} ${message}`);
  if (awsCollectVpcs.run) console.log(`run: ${await finished(ask, awsCollectVpcs.run.id)}`);
}

await main(process.argv[2] ?? "http://127.0.0.1:8080/graphql");
