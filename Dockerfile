# Kong Gateway with both plugins in one plugin server process.
#
#   docker build -t kong-crowdstrike-aidr .
#   docker build -t kong-crowdstrike-aidr --build-arg KONG_IMAGE=kong:3.9 .      # open source Kong

ARG KONG_IMAGE=kong/kong-gateway:3.9
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# The build needs no install script; the image's own Node runs it.
RUN npm ci --ignore-scripts
COPY . .
RUN node build.ts

FROM ${KONG_IMAGE}
USER root
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /build/dist/server/aidr-pluginserver.cjs /opt/crowdstrike-aidr/aidr-pluginserver.cjs

# Where the sockets of a plugin server that runs beside Kong, in a container of its own, go: a volume mounted here is kong's.
RUN install -d -o kong -g 0 /run/crowdstrike-aidr

# Kong starts plugin servers with an empty environment, so every path is absolute. It takes one plugin of each server;
# both sockets belong to the one process that the first entry starts. During a reload the next process takes them over.
ENV KONG_PLUGINS=bundled,crowdstrike-aidr-request,crowdstrike-aidr-response \
    KONG_PLUGINSERVER_NAMES=aidr-request,aidr-response \
    KONG_PLUGINSERVER_AIDR_REQUEST_SOCKET=/usr/local/kong/aidr-request.sock \
    KONG_PLUGINSERVER_AIDR_REQUEST_START_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --replace --detach --socket crowdstrike-aidr-request=/usr/local/kong/aidr-request.sock --socket crowdstrike-aidr-response=/usr/local/kong/aidr-response.sock" \
    KONG_PLUGINSERVER_AIDR_REQUEST_QUERY_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-request" \
    KONG_PLUGINSERVER_AIDR_RESPONSE_SOCKET=/usr/local/kong/aidr-response.sock \
    KONG_PLUGINSERVER_AIDR_RESPONSE_QUERY_CMD="/usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-response"

# A Node binary that does not run in this image must fail the build, not the first request.
RUN node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --dump crowdstrike-aidr-request > /dev/null

USER kong
ENTRYPOINT ["/entrypoint.sh"]
EXPOSE 8000 8443 8001 8444
STOPSIGNAL SIGQUIT
# Kong that answers, and a plugin server that answers Kong. AIDR's own outages are no reason to restart either.
HEALTHCHECK --interval=10s --timeout=10s --retries=10 CMD kong health && /usr/local/bin/node /opt/crowdstrike-aidr/aidr-pluginserver.cjs --check --socket crowdstrike-aidr-request=/usr/local/kong/aidr-request.sock --socket crowdstrike-aidr-response=/usr/local/kong/aidr-response.sock
CMD ["kong", "docker-start"]
