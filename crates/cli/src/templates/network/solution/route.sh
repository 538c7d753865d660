#!/bin/sh
# Run by `labwright test`, as root: full points must come of it.
ip route replace default via 192.0.2.1
