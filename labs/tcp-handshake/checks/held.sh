#!/bin/sh
# Runs on the server: what is established there cannot be pretended from the client.
held=$(ss -H -t -n state established "sport = :$PARAM_PORT")
if [ -n "$held" ]; then
    echo "$held" | sed 's,::ffff:,,g; s,[][],,g' | awk '{ print "✓ ESTAB  " $3 " ↔ " $4; exit }'
    exit 0
fi
echo "✗ ESTAB  client ↔ server"
exit 1
