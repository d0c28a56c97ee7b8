#!/bin/sh
# Sees to it that the browser tests have a Chromium, or says aloud that they will not run.
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "No Chromium here: installing Debian's ..."
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; then exit 0; fi
fi

echo "######## NO CHROMIUM: THE BROWSER TESTS WILL BE SKIPPED. Install chromium to run them. ########" >&2
