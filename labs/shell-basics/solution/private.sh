#!/bin/sh
chmod 600 /home/student/diary.txt
