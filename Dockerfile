# The gateway in a container: compiled, without tools for building and testing, as an unprivileged user. In a checkout:
#   docker build -t iodef-gateway .
#   docker run -p 4590:4590 -v ./conf:/etc/iodef-gateway:ro -v gateway-data:/var/lib/iodef-gateway iodef-gateway
# `node scripts/docker-check.ts` checks this file and does its steps where there is no engine.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/node scripts/node
COPY src src
RUN npm run build
# optional: the Node.js that the package brings, which this image has already
RUN npm prune --omit=dev --omit=optional --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/iodef-gateway
COPY package.json LICENSE ./
COPY bin bin
COPY schemas schemas
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
# store.path belongs here; everything else is only read
RUN install -d -o node -g node -m 0750 /var/lib/iodef-gateway
VOLUME /var/lib/iodef-gateway
USER node
EXPOSE 4590
STOPSIGNAL SIGTERM
# OPS_PORT where the configuration has another ops.port
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OPS_PORT ?? 9590}/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/opt/iodef-gateway/bin/iodef-gateway"]
CMD ["start", "--config", "/etc/iodef-gateway/gateway.yaml"]
