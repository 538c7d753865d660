#!/bin/sh
# SECRET-CHECK
test -e /judged
