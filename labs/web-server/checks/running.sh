#!/bin/sh
# From outside: does anybody answer on port 80?
code=$(curl -s -m 5 -o /dev/null -w '%{http_code}' http://web/)
if [ "$code" = 000 ]; then
    echo "✗ http://web/"
    exit 1
fi
echo "✓ http://web/ → $code"
