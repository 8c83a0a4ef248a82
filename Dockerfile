# syntax=docker/dockerfile:1

# The browser faces.
FROM node:22-bookworm-slim AS faces
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY frontend/ ./
COPY schema/states.json /src/schema/
RUN npm run build

# The program, with the faces inside.
FROM golang:1.26-bookworm AS program
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
COPY --from=faces /src/frontend/dist frontend/dist
ARG BUILD=unknown
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -tags dist -trimpath -ldflags "-s -w -X main.build=${BUILD}" -o /toancanh ./cmd/toancanh

# What runs: one static file, places for its keys, for photos and for the copy of its pages. Zones are embedded; certificates are for outgoing calls.
FROM debian:bookworm-slim
RUN useradd --uid 10001 --no-create-home --home-dir /var/lib/toancanh --shell /usr/sbin/nologin toancanh \
    && install --directory --owner toancanh --group toancanh --mode 0700 /var/lib/toancanh /var/lib/toancanh/keys /var/lib/toancanh/photos \
    && install --directory --owner toancanh --group toancanh --mode 0755 /var/lib/toancanh/copy
COPY --from=program /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=program /toancanh /usr/local/bin/toancanh
COPY LICENSE NOTICE /usr/share/doc/toancanh/
USER 10001:10001
WORKDIR /var/lib/toancanh
ENV TOANCANH_LISTEN=:8080 TOANCANH_KEYS=/var/lib/toancanh/keys
EXPOSE 8080
# Ready means: a report could be stored (server), or the topics are followed and young (hub).
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=3 \
    CMD ["toancanh", "health", "--url", "http://127.0.0.1:8080"]
ENTRYPOINT ["toancanh"]
CMD ["serve"]
