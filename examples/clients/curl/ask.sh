#!/bin/sh
# Questions to the inventory with nothing but curl; jq is not needed.
#
#     sh ask.sh http://127.0.0.1:8080/graphql
#
# The environment variable INVENTORY_TOKEN holds the token, where the service asks for one.
set -eu
url=${1:-http://127.0.0.1:8080/graphql}

# ask DOCUMENT [VARIABLES]: the answer's JSON; fails on anything that is no answer.
ask() {
    document=$(printf '%s' "$1" | tr '\n' ' ' | sed 's/"/\\"/g')
    variables=${2:-null}
    set -- --header 'Content-Type: application/json' --header 'Accept: application/graphql-response+json'
    [ -z "${INVENTORY_TOKEN:-}" ] || set -- "$@" --header "Authorization: Bearer $INVENTORY_TOKEN"
    curl --silent --show-error --fail-with-body --max-time 30 "$@" \
        --data "{\"query\": \"$document\", \"variables\": $variables}" "$url"
}

# value KEY: the text that the last "KEY" of the JSON on stdin holds.
value() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }

echo "# VPC, shoot, project, and why they belong together"
ask 'query ($first: Int!) { awsVpcs(first: $first, where: {gardenerShoots: {some: {}}}, orderBy: [{name: ASC}]) {
  nodes { vpcId gardenerShoots(first: 5) { edges { rule matchedOn { column value } node { name project { owner } } } } } } }' \
    '{"first": 3}'
echo

echo "# All shoots, a hundred at a time"
after=null
while :; do
    page=$(ask 'query ($after: String) { gardenerShoots(first: 100, after: $after, orderBy: [{name: ASC}]) {
      pageInfo { hasNextPage endCursor } nodes { name } totalCount } }' "{\"after\": $after}")
    echo "$page"
    case $page in *'"hasNextPage":true'*) after="\"$(echo "$page" | value endCursor)\"" ;; *) break ;; esac
done

echo "# What was left behind, and how much of it by rule"
ask '{ leaks(first: 3, orderBy: [{confidence: DESC}]) { totalCount groups(by: [RULE]) { key { rule } count }
  nodes { rule reason resource { displayName } } } }'
echo

echo "# Instances by type, counted by the database"
ask '{ awsInstances { aggregate { count min { launchTime } } groups(by: [INSTANCE_TYPE], first: 5) {
  key { instanceType } count } } }'
echo

echo "# Read the VPCs again, and wait until that is done"
run=$(ask 'mutation { awsCollectVpcs(input: {}) { run { id } errors { code message } } }' | value id)
state=
tries=0
while [ "$tries" -lt 120 ]; do
    state=$(ask 'query ($id: ID!) { commonRun(id: $id) { state } }' "{\"id\": \"$run\"}" | value state)
    case $state in completed | archived | cancelled) break ;; esac
    tries=$((tries + 1))
    sleep 0.5
done
echo "$state"
