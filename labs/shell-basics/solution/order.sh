#!/bin/sh
set -e
cd /home/student
mkdir -p archive
mv inbox/*.csv archive/
rm inbox/*.tmp
cp inbox/letter.txt letter.txt
