#!/bin/sh
# Gives Konnect the schemas of both plugins: creates them, or replaces those of another version. Run it when all data planes
# are of that version: one of an older version refuses every configuration with settings that it does not know, and Konnect
# sends all settings that the schemas name (docs/upgrade.md).
#
#   KONNECT_TOKEN      an access token that may write the control plane
#   CONTROL_PLANE_ID   its id, a UUID
#   KONNECT_REGION     us
#   KONNECT_URL        https://$KONNECT_REGION.api.konghq.com
#   AIDR_KONG          the command aidr-kong; default: the one of this package
set -eu

here=$(cd "$(dirname "$0")" && pwd)
: "${KONNECT_TOKEN:?set it to an access token}" "${CONTROL_PLANE_ID:?set it to the id of the control plane}"
KONNECT_URL=${KONNECT_URL:-https://${KONNECT_REGION:-us}.api.konghq.com}
AIDR_KONG=${AIDR_KONG:-$here/../../dist/cli/aidr-kong.cjs}
SCHEMAS=${KONNECT_URL%/}/v2/control-planes/$CONTROL_PLANE_ID/core-entities/plugin-schemas

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'schemas.sh: %s\n' "$1" >&2
  exit 1
}

# konnect METHOD URL [curl's arguments]: sets status and answer. The token goes through standard input, because every user of
# the machine can read a command line.
konnect() {
  method=$1 url=$2
  shift 2
  answer=$(printf 'Authorization: Bearer %s\n' "$KONNECT_TOKEN" |
    curl --silent --show-error --connect-timeout 5 --max-time 30 --header @- --request "$method" \
      --write-out '\n%{http_code}' "$@" "$url") || fail "$method $url: no answer"
  status=${answer##*
}
  answer=${answer%
*}
}

for plugin in crowdstrike-aidr-request crowdstrike-aidr-response; do
  "$AIDR_KONG" schema --lua "$plugin" >"$work/schema.lua"
  node -e 'console.log(JSON.stringify({ lua_schema: require("node:fs").readFileSync(0, "utf8") }))' \
    <"$work/schema.lua" >"$work/body.json"
  konnect GET "$SCHEMAS/$plugin"
  case $status in
    200) konnect PUT "$SCHEMAS/$plugin" --header 'Content-Type: application/json' --data-binary "@$work/body.json" ;;
    404) konnect POST "$SCHEMAS" --header 'Content-Type: application/json' --data-binary "@$work/body.json" ;;
  esac
  case $status in
    2??) printf '%s %s\n' "$method" "$plugin" ;;
    *) fail "$method $plugin: Konnect answered $status $answer" ;;
  esac
done
