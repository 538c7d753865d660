#!/bin/sh
# A third of the points for each of SYN, SYN-ACK and the ACK that follows it.
file=/tmp/handshake.pcap
if [ ! -s "$file" ]; then
    echo "✗ $file?"
    exit 1
fi
read_packets() { tcpdump -nn -S -r "$file" "$1" 2>/dev/null; }
if ! tcpdump -nn -c 1 -r "$file" >/dev/null 2>&1; then
    echo "✗ $file: pcap?"
    exit 1
fi
port=$PARAM_PORT
syn=$(read_packets "tcp dst port $port and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn" | wc -l)
both="tcp-syn|tcp-ack"
synack=$(read_packets "tcp src port $port and tcp[tcpflags] & ($both) == ($both)" | wc -l)
# The ACK of the handshake acknowledges the sequence number of the SYN-ACK, plus one.
number=$(read_packets "tcp src port $port and tcp[tcpflags] & ($both) == ($both)" | sed -n 's/.* seq \([0-9]*\),.*/\1/p')
ack=0
for n in $number; do
    next=$(((n + 1) % 4294967296))
    if read_packets "tcp dst port $port and tcp[tcpflags] & ($both) == tcp-ack" | grep -q " ack $next, "; then ack=1; fi
done
found=0
tell() {
    if [ "$2" -gt 0 ]; then found=$((found + 1)); echo "✓ $1"; else echo "✗ $1"; fi
}
tell "SYN      client → server  [S]" "$syn"
tell "SYN-ACK  client ← server  [S.]" "$synack"
tell "ACK      client → server  [.]" "$ack"
case $found in
    3) exit 0 ;;
    2) echo "score 0.667" ;;
    1) echo "score 0.333" ;;
esac
exit 1
