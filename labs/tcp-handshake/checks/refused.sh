#!/bin/sh
# Half the points for a SYN to a port on which nobody listens, all for the RST that answers it.
file=/tmp/refused.pcap
if [ ! -s "$file" ] || ! tcpdump -nn -c 1 -r "$file" >/dev/null 2>&1; then
    echo "✗ $file?"
    exit 1
fi
count() { tcpdump -nn -r "$file" "$1" 2>/dev/null | wc -l; }
server=198.51.100.80
syn=$(count "dst host $server and not dst port $PARAM_PORT and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn")
rst=$(count "src host $server and not src port $PARAM_PORT and tcp[tcpflags] & tcp-rst != 0")
if [ "$syn" -eq 0 ]; then
    echo "✗ SYN  client → server  [S]"
    exit 1
fi
echo "✓ SYN  client → server  [S]"
if [ "$rst" -eq 0 ]; then
    echo "✗ RST  client ← server  [R.]"
    echo "score 0.5"
    exit 1
fi
echo "✓ RST  client ← server  [R.]"
