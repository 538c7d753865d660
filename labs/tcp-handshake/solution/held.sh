#!/bin/sh
# A reader that never types keeps the connection open after this script has ended.
sleep 50 | setsid nc server "$PARAM_PORT" > /dev/null 2>&1 &
sleep 0.5
