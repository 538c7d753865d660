#!/bin/sh
# Half for a script that can be run, all with its words in report.txt.
home=/home/student
script=$home/report.sh
[ -f "$script" ] || { echo "✗ report.sh?"; exit 1; }
mode=$(stat -c %A "$script")
case $mode in
    ???x*) echo "✓ report.sh: $mode" ;;
    *) echo "✗ report.sh: $mode"; exit 1 ;;
esac
if grep -qx "Station $PARAM_WORD" "$home/report.txt" 2>/dev/null && grep -q '^Corners: ' "$home/report.txt"; then
    echo "✓ report.txt"
    exit 0
fi
if [ -e "$home/report.txt" ]; then
    echo "✗ report.txt ≠ ./report.sh"
else
    echo "✗ report.txt?"
fi
echo "score 0.5"
exit 1
