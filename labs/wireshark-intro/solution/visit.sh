next=$(curl -s -D - -o /dev/null http://shop.example/ | sed -n 's/^X-Next: *//Ip' | tr -d '\r')
curl -s -m 5 "http://shop.example$next"
