#!/bin/sh
set -e
mkdir -p /srv/shop
echo "<h1>Our shop</h1>" > /srv/shop/index.html
cat > /etc/nginx/sites-available/shop <<SITE
server {
    listen $PARAM_PORT;
    root /srv/shop;
    index index.html;
}
SITE
ln -sf /etc/nginx/sites-available/shop /etc/nginx/sites-enabled/shop
nginx -t
service nginx reload
