#!/bin/sh
# Runs on the visitor itself: it must get the page that it looks for.
url="http://web/$PARAM_WANTED"
code=$(curl -s -m 5 -o /dev/null -w '%{http_code}' -A Visitor "$url")
if [ "$code" = 200 ]; then
    echo "✓ 192.0.2.7: $code"
    exit 0
fi
echo "✗ 192.0.2.7: $code"
exit 1
