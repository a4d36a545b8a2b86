#!/usr/bin/env bash
# Installs what the tests need where it may (as root on Debian), else says what
# is missing and fails.
set -euo pipefail

missing=()
command -v go >/dev/null || missing+=("Go 1.26 or newer (https://go.dev/dl)")
command -v npm >/dev/null || missing+=("Node.js 20.19 or newer with npm")

chromium() {
	for c in "${CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
		if [ -n "$c" ] && [ -x "$c" ]; then return 0; fi
	done
	return 1
}

if ! chromium; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "installing chromium for the console's tests"
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
	else
		missing+=("chromium (on Debian: apt-get install chromium; or set CHROMIUM to its path)")
	fi
fi

# Peers that some tests run beside the system; without them those tests say that
# they are skipped.
peers=()
command -v ffmpeg >/dev/null || peers+=(ffmpeg)
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || peers+=(mosquitto)
command -v mosquitto_pub >/dev/null || peers+=(mosquitto-clients)
if [ ${#peers[@]} -gt 0 ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "installing ${peers[*]} for the tests with peers"
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${peers[@]}" >/dev/null || echo "could not install ${peers[*]}: the tests with them will be skipped" >&2
	else
		echo "not here: ${peers[*]}; the tests with them will be skipped (on Debian: apt-get install ${peers[*]})" >&2
	fi
fi

if [ ${#missing[@]} -gt 0 ]; then
	echo "The tests need what this machine lacks:" >&2
	printf '  %s\n' "${missing[@]}" >&2
	exit 1
fi
