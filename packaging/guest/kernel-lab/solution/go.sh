touch /root/go
