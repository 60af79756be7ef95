# Kong Gateway with both plugins in one plugin server process. Needs Docker Engine 25 or newer.
#
#   docker build -t kong-crowdstrike-aidr .
#   docker build -t kong-crowdstrike-aidr --build-arg KONG_IMAGE=kong:3.9 .      # open source Kong

ARG KONG_IMAGE=kong/kong-gateway:3.9
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS node
# Without the symbols that only a debugger reads: a fifth of Node's size. node:26-bookworm, without "slim", has the command.
RUN (command -v strip || (apt-get update && apt-get install --yes --no-install-recommends binutils)) \
    && strip /usr/local/bin/node

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# The build needs no install script; the image's own Node runs it.
RUN npm ci --ignore-scripts
COPY . .
RUN node build.ts

# ENTRYPOINT, CMD, EXPOSE and STOPSIGNAL are the base image's own: Kong's images differ in them.
FROM ${KONG_IMAGE}
USER root
COPY --from=node /usr/local/bin/node /usr/local/bin/node
# Node needs this library, and Kong's images do not have it. A folder of our own that the loader searches last of those it is
# told is the same in Debian's and in RPM's world; Kong starts plugin servers without an environment, so LD_LIBRARY_PATH would
# be lost.
COPY --from=node /usr/lib/*/libatomic.so.1 /opt/crowdstrike-aidr/lib/
RUN echo /opt/crowdstrike-aidr/lib > /etc/ld.so.conf.d/zz-crowdstrike-aidr.conf && ldconfig \
    # For the sockets of the plugin server, whether Kong starts it or it runs in a container of its own; and for Kong's prefix where
    # the root file system is read-only. What is mounted here takes the mode over: a tmpfs has to be anybody's, like /tmp.
    && install -d -m 1777 /run/crowdstrike-aidr /run/kong
COPY --from=build /build/dist/server/aidr-pluginserver.cjs /opt/crowdstrike-aidr/aidr-pluginserver.cjs

# Kong starts plugin servers with an empty environment, so every path is absolute. It takes one plugin of each server;
# all sockets belong to the one process that the first entry starts. During a reload the next process takes them over.
ENV KONG_PLUGINS=bundled,crowdstrike-aidr-request,crowdstrike-aidr-response,crowdstrike-aidr-mcp \
    KONG_PLUGINSERVER_NAMES=aidr-request,aidr-response,aidr-mcp \
    KONG_PLUGINSERVER_AIDR_REQUEST_SOCKET=/run/crowdstrike-aidr/request.sock \
    KONG_PLUGINSERVER_AIDR_REQUEST_START_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --replace --detach --socket crowdstrike-aidr-request=/run/crowdstrike-aidr/request.sock --socket crowdstrike-aidr-response=/run/crowdstrike-aidr/response.sock --socket crowdstrike-aidr-mcp=/run/crowdstrike-aidr/mcp.sock" \
    KONG_PLUGINSERVER_AIDR_REQUEST_QUERY_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-request --expect-env CS_AIDR_TOKEN" \
    KONG_PLUGINSERVER_AIDR_RESPONSE_SOCKET=/run/crowdstrike-aidr/response.sock \
    KONG_PLUGINSERVER_AIDR_RESPONSE_QUERY_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-response" \
    KONG_PLUGINSERVER_AIDR_MCP_SOCKET=/run/crowdstrike-aidr/mcp.sock \
    KONG_PLUGINSERVER_AIDR_MCP_QUERY_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-mcp"

USER kong
# A Node binary that does not run in this image must fail the build, not the first request.
RUN node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-request > /dev/null

# Kong runs, and a plugin server answers it. AIDR's own outages are no reason to restart either. Twice a second until the first
# success, then seldom, since each look is a process.
HEALTHCHECK --start-period=60s --start-interval=500ms --interval=30s --timeout=10s --retries=3 \
    CMD kong-health && /usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --check --socket crowdstrike-aidr-request=/run/crowdstrike-aidr/request.sock --socket crowdstrike-aidr-response=/run/crowdstrike-aidr/response.sock --socket crowdstrike-aidr-mcp=/run/crowdstrike-aidr/mcp.sock
