#!/bin/sh
# Copies a folder of `date=YYYY-MM-DD/hour=HH/` input into the landing folder of the containers. Each file appears there
# whole, so that a run that starts meanwhile reads no half of one. The folder given is left as it was.
set -eu

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
  echo "usage: infra/land.sh FOLDER" >&2
  exit 2
fi
input=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

# Links of the same file system: they merge with the folders that are there, and never replace a file.
tar -C "$input" --exclude ./README.md -cf - . |
  docker compose run --rm -T --no-deps --entrypoint sh lethe -euc '
    unfinished=$(mktemp -d /data/incoming.XXXXXX)
    trap "rm -rf \"$unfinished\"" EXIT
    trap "exit 1" HUP INT TERM
    tar -C "$unfinished" -xf -
    chmod -R u+rwX "$unfinished"
    mkdir -p /data/landing
    cp -Rl "$unfinished"/. /data/landing
  '
