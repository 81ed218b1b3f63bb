# Not tested where it was written: there is no Docker there.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /deskbell ./cmd/deskbell

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* && useradd --system deskbell
USER deskbell
COPY --from=build /deskbell /deskbell
ENV DESKBELL_LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["/deskbell"]
CMD ["serve"]
