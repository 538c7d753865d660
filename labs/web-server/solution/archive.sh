#!/bin/sh
set -e
site=/etc/nginx/sites-available/archive
sed -i 's/listen 9090$/listen 9090;/; s,/srv/archives,/srv/archive,' "$site"
chmod o+r /srv/archive/index.html
ln -sf "$site" /etc/nginx/sites-enabled/archive
nginx -t
service nginx reload
sleep 0.5
