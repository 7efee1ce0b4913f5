# The image of load jobs: one start of it is one task, `cloudrun-perf worker`. docs/load.md says when it is made.
# Distroless is Node, its libraries and certificates: no shell and no package manager come along, and a pull at the start
# of each task is short. To pin it, build with --build-arg BASE=gcr.io/distroless/nodejs24-debian12:nonroot@sha256:...
# Another base has to have Node 24 at the same place.
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot
FROM ${BASE}
LABEL org.opencontainers.image.title="cloudrun-perf" \
      org.opencontainers.image.description="Warm load for Cloud Run services from inside their region" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY contracts ./contracts
COPY dist ./dist
# By number, so that whoever runs it can see that it is not root.
USER 65532:65532
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/index.js"]
CMD ["worker"]
