#!/bin/sh
test -e /root/made
