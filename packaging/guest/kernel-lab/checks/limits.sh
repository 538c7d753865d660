[ -e /root/go ] || { echo "not asked to go"; exit 1; }
# More memory than 96 MB is refused to a process, and the node lives on.
if head -c 200M /dev/zero 2>/dev/null | tail -c 190M > /dev/null 2>&1; then echo "no memory limit"; exit 1; fi
# A shell that cannot fork ends: one that does not matter, and which says how far it came.
sh -c 'i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i + 1)); echo $i > /tmp/forked; done' 2>/dev/null
read -r forked < /tmp/forked
echo "$forked processes at once"
[ "$forked" -gt 10 ] && [ "$forked" -lt 64 ]
