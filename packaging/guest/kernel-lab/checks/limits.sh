[ -e /root/go ] || { echo "not asked to go"; exit 1; }
# More memory than 96 MB is refused to a process, and the node lives on.
if head -c 200M /dev/zero 2>/dev/null | tail -c 190M > /dev/null; then echo "no memory limit"; exit 1; fi
count=0
while [ $count -lt 200 ]; do sleep 3 & count=$((count + 1)); done 2>/tmp/forks
running=$(ps -e | grep -c sleep)
echo "$running processes at once"
[ "$running" -gt 10 ] && [ "$running" -lt 64 ]
