# There and back: twice 40 ms, some jitter, and what emulation adds.
[ -e /root/go ] || { echo "not asked to go"; exit 1; }
ping -c 10 -i 0.2 10.9.0.1 > /tmp/ping || exit 2
low=$(awk -F'[/ ]' '/^rtt/ { print int($7) }' /tmp/ping)
echo "fastest round trip: $low ms"
[ "$low" -ge 70 ] && [ "$low" -le 110 ]
