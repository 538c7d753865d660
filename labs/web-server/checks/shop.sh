#!/bin/sh
# A third for an answer on the port, all for a page there that is not the first site's.
url="http://web:$PARAM_PORT/"
code=$(curl -s -m 5 -o /tmp/shop -w '%{http_code}' "$url")
if [ "$code" = 000 ]; then
    echo "✗ $url"
    exit 1
fi
if [ "$code" != 200 ]; then
    echo "✗ $url → $code"
    echo "score 0.333"
    exit 1
fi
if curl -s -m 5 http://web/ | cmp -s - /tmp/shop; then
    echo "✗ $url = http://web/"
    echo "score 0.333"
    exit 1
fi
if ! grep -qi shop /tmp/shop; then
    echo "✗ $url ∌ shop"
    echo "score 0.667"
    exit 1
fi
echo "✓ $url → $code"
