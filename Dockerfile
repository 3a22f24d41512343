FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY workflows workflows
COPY activities activities
COPY worker worker
RUN node scripts/build.mjs

FROM node:20.20.2-bookworm-slim
# git: nodes and the base branch; procps: what people look for first in a container.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git procps \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY bin bin
COPY tools tools
COPY --from=build /app/dist dist
RUN ln -s /app/bin/signalbox.js /usr/local/bin/signalbox \
  && mkdir -p /work /var/lib/signalbox \
  && chown node:node /work /var/lib/signalbox
USER node
WORKDIR /work
ENTRYPOINT ["signalbox"]
CMD ["worker"]
