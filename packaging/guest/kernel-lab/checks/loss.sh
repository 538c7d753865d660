[ -e /root/go ] || { echo "not asked to go"; exit 1; }
# 200 packets, lost with 20 % there and 20 % back: 36 % +- 3.4 %; six standard deviations are allowed.
got=$(ping -c 200 -i 0.02 -W 1 10.8.0.1 | awk '/received/ { print $4 }')
echo "$got of 200 answered"
[ "$got" -ge 87 ] && [ "$got" -le 169 ]
