#!/bin/sh
file=/home/student/diary.txt
[ -f "$file" ] || { echo "✗ diary.txt?"; exit 1; }
mode=$(stat -c %A "$file")
if [ "$mode" = "-rw-------" ]; then
    echo "✓ diary.txt: $mode"
    exit 0
fi
echo "✗ diary.txt: $mode → -rw-------"
exit 1
