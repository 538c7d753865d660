#!/bin/sh
# Three faults, one behind the other: the syntax, the folder's name, the page's permissions.
url=http://web:9090/
code=$(curl -s -m 5 -o /tmp/archive -w '%{http_code}' "$url")
case $code in
    200)
        if grep -q "Everything that we ever wrote" /tmp/archive; then
            echo "✓ $url → 200"
            exit 0
        fi
        echo "✗ $url → 200, <h1>Archive</h1>?"
        echo "score 0.5" ;;
    403)
        echo "✗ $url → 403"
        echo "score 0.5" ;;
    000) echo "✗ $url" ;;
    *)
        echo "✗ $url → $code"
        echo "score 0.25" ;;
esac
exit 1
