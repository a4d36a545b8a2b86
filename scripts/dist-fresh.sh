#!/usr/bin/env bash
# Fails if web/dist is not what the console's sources build. It builds elsewhere:
# the Go checks that run beside it read web/dist, which must not vanish under them.
set -euo pipefail
cd "$(dirname "$0")/.."

built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
(cd web/console && VIGIA_DIST="$built" npm run build)
diff -rq "$built" web/dist || { echo "web/dist is stale: run make console and commit what it built" >&2; exit 1; }
if [ -n "$(git status --porcelain -- web/dist)" ]; then
	echo "web/dist holds what is not committed:" >&2
	git status --short -- web/dist >&2
	exit 1
fi
