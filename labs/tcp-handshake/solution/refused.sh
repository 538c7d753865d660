#!/bin/sh
set -e
tcpdump -n -i eth0 -U -w /tmp/refused.pcap tcp 2>/tmp/tcpdump.log &
recorder=$!
until grep -q "listening on" /tmp/tcpdump.log; do sleep 0.1; done
nc -w 2 server 1 || true
sleep 1.5   # tcpdump gets packets from the kernel about once a second
kill -INT "$recorder"
wait "$recorder" || true
