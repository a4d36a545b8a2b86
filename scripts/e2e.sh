#!/usr/bin/env bash
# The console's walk in a browser: against a mock while the demo's town is made
# and located, as fast as it goes; then against the real server, where a lead is
# raised, approved, released and acknowledged by hand.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
./vigia demo --speed 0 --listen 127.0.0.1:0 --data "$work/data" >"$work/out" 2>"$work/err" &
demo=$!
finish() {
	kill -INT "$demo" 2>/dev/null || true
	wait "$demo" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT

(cd web/console && npm run e2e)

for _ in $(seq 1 3000); do
	grep -q 'The console stays open' "$work/out" && break
	kill -0 "$demo" 2>/dev/null || { cat "$work/out" "$work/err"; echo "the demo ended by itself" >&2; exit 1; }
	sleep 0.1
done
url=$(sed -n 's/.*Open \(http:[^ ]*\) .*/\1/p' "$work/out")
password=$(awk '$1 == "analyst" {print $3}' "$work/out")

cd web/console
VIGIA_URL="$url" VIGIA_WAIT=30 VIGIA_ANALYST="analyst:$password" VIGIA_APPROVER="approver:$password" \
	VIGIA_PARTNER="partner:$password" VIGIA_OVERSEER="overseer:$password" npm run e2e
