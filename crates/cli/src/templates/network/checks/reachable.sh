#!/bin/sh
# Exit 0: done. Exit 1: not yet; `score 0.5` gives half the points. Other lines are shown to the learner.
route=$(ip route show default)
echo "ip route show default: ${route:-✗}"
[ -n "$route" ] || exit 1
if ping -c 1 -W 2 server >/dev/null 2>&1; then
    echo "ping server: ✓"
    exit 0
fi
echo "ping server: ✗"
echo "score 0.5"
exit 1
