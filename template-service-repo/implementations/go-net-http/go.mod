module example.com/cloudrun-service-discord/go-net-http

go 1.24
