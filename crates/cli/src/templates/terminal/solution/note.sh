#!/bin/sh
# Run by `labwright test`, as root: full points must come of it.
echo "$PARAM_WORD" > /home/student/note.txt
