#!/bin/sh
set -e
cd /home/student
grep ' fault$' readings.log | sort -k 4 -n -r > faults.txt
