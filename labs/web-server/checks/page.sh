#!/bin/sh
# Half the points for any page of the learner's own, all for one with the word.
page=$(curl -s -m 5 -f http://web/) || { echo "✗ http://web/"; exit 1; }
if echo "$page" | grep -qi "$PARAM_WORD"; then
    echo "✓ http://web/ ∋ $PARAM_WORD"
    exit 0
fi
echo "✗ http://web/ ∌ $PARAM_WORD"
if ! echo "$page" | grep -q "nobody has written a page yet"; then echo "score 0.5"; fi
exit 1
