#!/bin/sh
# Exit 0: done. Exit 1: not yet; `score 0.5` gives half the points. Other lines are shown to the learner.
note=/home/student/note.txt
if [ ! -e "$note" ]; then
    echo "$note: ✗"
    exit 1
fi
if [ "$(cat "$note")" = "$PARAM_WORD" ]; then
    echo "$note: ✓"
    exit 0
fi
echo "$note ✓, “$(head -c 40 "$note" | tr -cd '[:print:]')” ≠ “$PARAM_WORD”"
echo "score 0.5"
exit 1
