#!/bin/sh
# The archive's page is readable by root alone: the last of its three faults.
set -e
chown -R root:root /srv/archive
chmod 600 /srv/archive/index.html
rm -f /var/www/html/index.nginx-debian.html
echo "<h1>It works, but nobody has written a page yet.</h1>" > /var/www/html/index.html
