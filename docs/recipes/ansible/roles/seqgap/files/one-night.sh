#!/bin/sh
# One failover of a pair in a night, however often it is called: who comes while it goes on waits for its end.
#
#   one-night.sh NIGHT PAIR [option of `seqgap run`...]
#
# Exit code: 0 where there is something for the gate to judge, else that of `seqgap run`.
set -eu
umask 077

night=$1
pair=$2
shift 2
cd "$(dirname "$0")/.."
of_night=nights/$night
mkdir -p "$of_night"

# The run holds it too, so that it is held until the end, whoever of us is killed.
exec 9>"nights/$pair.lock"
flock 9
if [ -e "$of_night/$pair.code" ]; then
    code=$(cat "$of_night/$pair.code")
elif [ -e "$of_night/$pair.begun" ]; then
    echo "$pair: the run of this night was not seen to its end, and is not begun again" >&2
    code=2
else
    : >"$of_night/$pair.begun"
    code=0
    bin/seqgap run "scenarios/$pair.yaml" --yes --out "$of_night" "$@" || code=$?
    # The scenario is wrong: nothing was begun.
    if [ "$code" -eq 64 ]; then
        rm "$of_night/$pair.begun"
        exit 64
    fi
fi
echo "$code" >"$of_night/$pair.code"
if [ "$code" -gt 2 ]; then exit "$code"; fi
