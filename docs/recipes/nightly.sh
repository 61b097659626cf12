#!/bin/sh
# One night: measure, judge against the nights before, tell whoever looks. Called by cron, a systemd timer or a CI job.
#
#   nightly.sh SCENARIO FOLDER
#
# SCENARIO is the file's path, FOLDER holds results/. Exit code: that of the gate (0 pass, 1 regression, 2 inconclusive).
set -eu

scenario=$1
cd "$2"
name=$(basename "$scenario" .yaml)

# The gate judges by the same limits, so its verdict is the one that counts; 3 means that the pair is not as it was.
seqgap run "$scenario" --yes || [ $? -ne 3 ] || echo "nightly: the pair was not restored, see above" >&2

verdict=0
seqgap gate --scenario "$name" --since 12h --junit gate.xml --chat >gate.md || verdict=$?

# Optional: figures for node_exporter's textfile collector.
if [ -n "${TEXTFILE_DIR:-}" ]; then
    seqgap export --openmetrics "$TEXTFILE_DIR/seqgap.prom"
fi

if [ "$verdict" -ne 0 ]; then
    cat gate.md
fi
exit "$verdict"
