#!/bin/sh
# Three things, a third of the points each. They count only together with the inbox's letter, so that
# `rm -r inbox` is no short cut.
home=/home/student
done=0
say() { printf '%s %s\n' "$1" "$2"; }

csv=$(ls "$home"/archive/2026-03-0[1-7].csv 2>/dev/null | wc -l)
left=$(ls "$home"/inbox/*.csv 2>/dev/null | wc -l)
if [ "$csv" -eq 7 ] && [ "$left" -eq 0 ]; then
    done=$((done + 1)); say ✓ "archive/*.csv: 7/7"
else
    say ✗ "archive/*.csv: $csv/7, inbox/*.csv: $left"
fi

tmp=$(ls "$home"/inbox/*.tmp 2>/dev/null | wc -l)
if [ -f "$home/inbox/letter.txt" ] && [ "$tmp" -eq 0 ]; then
    done=$((done + 1)); say ✓ "inbox/*.tmp: 0"
elif [ -f "$home/inbox/letter.txt" ]; then
    say ✗ "inbox/*.tmp: $tmp"
else
    say ✗ "inbox/letter.txt?"
fi

if [ -f "$home/inbox/letter.txt" ] && cmp -s "$home/inbox/letter.txt" "$home/letter.txt"; then
    done=$((done + 1)); say ✓ "letter.txt = inbox/letter.txt"
else
    say ✗ "letter.txt ≠ inbox/letter.txt"
fi

case $done in
    3) exit 0 ;;
    2) echo "score 0.667" ;;
    1) echo "score 0.333" ;;
esac
exit 1
