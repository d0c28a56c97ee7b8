#!/bin/sh
# Sees to it that the tests have the programs that no wheel brings, or says aloud which of them will not run.
set -eu

found() {
    for name in "$@"; do
        if command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    return 1
}

missing=""
found chromium chromium-browser google-chrome || missing="chromium"
found php || missing="$missing php-cli"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && found apt-get; then
    echo "Installing Debian's:$(printf ' %s' $missing) ..."
    export DEBIAN_FRONTEND=noninteractive
    # One by one: what cannot be had must not keep away what can.
    if apt-get update -qq; then
        for package in $missing; do
            apt-get install -y -qq --no-install-recommends "$package" >/dev/null || true
        done
    fi
fi

found chromium chromium-browser google-chrome ||
    echo "######## NO CHROMIUM: THE BROWSER TESTS WILL BE SKIPPED. Install chromium to run them. ########" >&2
found php ||
    echo "######## NO PHP: THE CONSUMER'S PROGRAM IN PHP WILL NOT BE RUN. Install php-cli to run it. ########" >&2
