#!/bin/sh
set -e
cd /home/student
chmod u+x report.sh
./report.sh > report.txt
