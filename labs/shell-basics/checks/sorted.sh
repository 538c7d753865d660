#!/bin/sh
# A third for a list at all, two for the right lines, all when they are in order.
home=/home/student
list=$home/faults.txt
if [ ! -s "$list" ]; then
    echo "✗ faults.txt?"
    exit 1
fi
want=$(grep -c ' fault$' "$home/readings.log")
have=$(grep -c ' fault$' "$list")
other=$(grep -vc ' fault$' "$list")
if [ "$want" -ne "$PARAM_FAULTS" ]; then
    echo "✗ readings.log: $want ≠ $PARAM_FAULTS fault"
    exit 1
fi
if [ "$have" -ne "$want" ] || [ "$other" -ne 0 ]; then
    echo "✗ faults.txt: $have/$want fault, $other ok"
    [ "$have" -gt 0 ] && echo "score 0.333"
    exit 1
fi
echo "✓ faults.txt: $have/$want fault"
if cut -d ' ' -f 4 "$list" | sort -c -n -r 2>/dev/null; then
    echo "✓ $(head -n 1 "$list" | cut -d ' ' -f 4) ≥ … ≥ $(tail -n 1 "$list" | cut -d ' ' -f 4)"
    exit 0
fi
echo "✗ $(head -n 2 "$list" | cut -d ' ' -f 4 | tr '\n' ' ')… ($(cut -d ' ' -f 4 "$list" | sort -n -r | head -n 2 | tr '\n' ' ')…)"
echo "score 0.667"
exit 1
