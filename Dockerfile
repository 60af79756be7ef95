# Kong Gateway with both plugins in one plugin server process. Needs Docker Engine 25 or newer.
#
#   docker build -t kong-crowdstrike-aidr .
#   docker build -t kong-crowdstrike-aidr --build-arg KONG_IMAGE=kong:3.9 .      # open source Kong
#
# In a clone of the repository everything is built; in the npm package, which holds no sources, what it holds is taken. Tags
# move: for an image that can be made again, name both base images by digest (docs/release.md).

ARG KONG_IMAGE=kong/kong-gateway:3.9
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS node
# Without the symbols that only a debugger reads: a fifth of Node's size. node:26-bookworm, without "slim", has the command.
RUN (command -v strip || (apt-get update && apt-get install --yes --no-install-recommends binutils)) \
    && strip /usr/local/bin/node

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json* ./
# The build needs no install script; the image's own Node runs it.
RUN test ! -e package-lock.json || npm ci --ignore-scripts
COPY . .
# The time that the bill of materials bears, in seconds since 1970.
ARG SOURCE_DATE_EPOCH
RUN test ! -e build.ts || node build.ts

# ENTRYPOINT, CMD, EXPOSE and STOPSIGNAL are the base image's own: Kong's images differ in them.
FROM ${KONG_IMAGE}
ARG KONG_IMAGE
ARG NODE_IMAGE
LABEL org.opencontainers.image.title="kong-crowdstrike-aidr" \
      org.opencontainers.image.description="Kong Gateway with plugins that put CrowdStrike AIDR before LLM providers" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="${KONG_IMAGE}" \
      crowdstrike-aidr.node-image="${NODE_IMAGE}"
USER root
COPY --from=node /usr/local/bin/node /usr/local/bin/node
# Node needs this library, and Kong's images do not have it. A folder of our own that the loader searches last of those it is
# told is the same in Debian's and in RPM's world; Kong starts plugin servers without an environment, so LD_LIBRARY_PATH would
# be lost.
COPY --from=node /usr/lib/*/libatomic.so.1 /opt/crowdstrike-aidr/lib/
# Whose code is in what is copied here, and under which licences.
COPY --from=node /usr/local/LICENSE /opt/crowdstrike-aidr/licenses/node.txt
COPY --from=node /usr/share/doc/libatomic1/copyright /opt/crowdstrike-aidr/licenses/libatomic.txt
COPY --from=build /build/LICENSE /build/dist/THIRD-PARTY-NOTICES.txt /build/dist/sbom.cdx.json /opt/crowdstrike-aidr/
RUN echo /opt/crowdstrike-aidr/lib > /etc/ld.so.conf.d/zz-crowdstrike-aidr.conf && ldconfig \
    # For the sockets of the plugin server, whether Kong starts it or it runs in a container of its own; and for Kong's prefix where
    # the root file system is read-only. What is mounted here takes the mode over: a tmpfs has to be anybody's, like /tmp.
    && install -d -m 1777 /run/crowdstrike-aidr /run/kong \
    # The authorities of Debian's and of RPM's world, by one name, to verify providers by.
    && for store in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do \
         test ! -s "$store" || ln -sfn "$store" /opt/crowdstrike-aidr/ca-certificates.crt; \
       done \
    && test -s /opt/crowdstrike-aidr/ca-certificates.crt \
    && ln -s /opt/crowdstrike-aidr/aidr-kong.cjs /usr/local/bin/aidr-kong
COPY --from=build /build/dist/server/aidr-pluginserver.cjs /build/dist/cli/aidr-kong.cjs /opt/crowdstrike-aidr/

# /proc/1/fd/1 is the container's standard output: Kong keeps what plugin servers write to their own at level info, with a prefix.
# Kong starts plugin servers with an empty environment, so every path is absolute. It takes one plugin of each server;
# all sockets belong to the one process that the first entry starts. During a reload the next process takes them over.
ENV KONG_PLUGINS=bundled,crowdstrike-aidr-request,crowdstrike-aidr-response,crowdstrike-aidr-mcp \
    KONG_PLUGINSERVER_NAMES=aidr-request,aidr-response,aidr-mcp \
    KONG_PLUGINSERVER_AIDR_REQUEST_SOCKET=/run/crowdstrike-aidr/request.sock \
    KONG_PLUGINSERVER_AIDR_REQUEST_START_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --replace --detach --metrics 0.0.0.0:9542 --log-format json --log-file /proc/1/fd/1 --socket crowdstrike-aidr-request=/run/crowdstrike-aidr/request.sock --socket crowdstrike-aidr-response=/run/crowdstrike-aidr/response.sock --socket crowdstrike-aidr-mcp=/run/crowdstrike-aidr/mcp.sock" \
    KONG_PLUGINSERVER_AIDR_REQUEST_QUERY_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-request --expect-env CS_AIDR_TOKEN" \
    KONG_PLUGINSERVER_AIDR_RESPONSE_SOCKET=/run/crowdstrike-aidr/response.sock \
    KONG_PLUGINSERVER_AIDR_RESPONSE_QUERY_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-response" \
    KONG_PLUGINSERVER_AIDR_MCP_SOCKET=/run/crowdstrike-aidr/mcp.sock \
    KONG_PLUGINSERVER_AIDR_MCP_QUERY_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-mcp"

# Kong's access log in the form of the plugin server's lines, one JSON object each, and without queries, in which keys may stand.
# Kong's error log is nginx's own: its form cannot be changed.
ENV KONG_NGINX_HTTP_LOG_FORMAT="aidr_json escape=json '{\"time\":\"\$time_iso8601\",\"level\":\"info\",\"source\":\"kong\",\"message\":\"\$request_method \$uri\",\"status\":\"\$status\",\"seconds\":\$request_time,\"client\":\"\$remote_addr\",\"kong_request_id\":\"\$kong_request_id\"}'" \
    KONG_PROXY_ACCESS_LOG="/dev/stdout aidr_json" \
    KONG_ADMIN_ACCESS_LOG="/dev/stdout aidr_json"

# What `aidr-kong check --strict` asks of a Kong: prompts stay in memory, the long headers of coding agents fit, and providers
# have to show a valid certificate.
ENV KONG_NGINX_HTTP_CLIENT_BODY_BUFFER_SIZE=1m \
    KONG_NGINX_HTTP_LARGE_CLIENT_HEADER_BUFFERS="4 32k" \
    KONG_NGINX_PROXY_PROXY_SSL_VERIFY=on \
    KONG_NGINX_PROXY_PROXY_SSL_VERIFY_DEPTH=3 \
    KONG_NGINX_PROXY_PROXY_SSL_TRUSTED_CERTIFICATE=/opt/crowdstrike-aidr/ca-certificates.crt

USER kong
# A Node binary that does not run in this image must fail the build, not the first request.
RUN node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-request > /dev/null && aidr-kong --version

# Kong runs, and a plugin server answers it. AIDR's own outages are no reason to restart either. Twice a second until the first
# success, then seldom, since each look is a process.
HEALTHCHECK --start-period=60s --start-interval=500ms --interval=30s --timeout=10s --retries=3 \
    CMD kong-health && /usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --check --socket crowdstrike-aidr-request=/run/crowdstrike-aidr/request.sock --socket crowdstrike-aidr-response=/run/crowdstrike-aidr/response.sock --socket crowdstrike-aidr-mcp=/run/crowdstrike-aidr/mcp.sock
