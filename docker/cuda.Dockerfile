# The agent with onnxruntime's GPU providers, CUDA's runtime and k6. linux/amd64 alone: onnxruntime has no others.
#
#   docker build --target agent -t loadcell-agent -f docker/Dockerfile .
#   docker build -t loadcell-agent-cuda -f docker/cuda.Dockerfile .
#
# Two things are fetched and built here on your machine, for your own use, and are not part of what loadcell ships:
# onnxruntime's CUDA and TensorRT providers (hundreds of MB, from NuGet, by onnxruntime-node's own install script), and k6,
# which is licensed under the AGPL-3.0 (from its Go module, as k6/go.mod pins it).

ARG AGENT_IMAGE=localhost/loadcell-agent:latest
ARG GO_IMAGE=docker.io/library/golang:1.26-bookworm
ARG CUDA_IMAGE=docker.io/nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04

FROM ${AGENT_IMAGE} AS agent

FROM ${AGENT_IMAGE} AS providers
# cuda12, or `skip` for an image without them.
ARG ONNXRUNTIME_NODE_INSTALL=cuda12
ENV NODE_EXTRA_CA_CERTS=/run/secrets/ca
# Root of this stage alone, to write beside the package.
# hadolint ignore=DL3002
USER 0:0
WORKDIR /opt/loadcell/node_modules/onnxruntime-node
RUN --mount=type=secret,id=ca node ./script/install

FROM ${GO_IMAGE} AS k6
WORKDIR /build/k6
COPY k6 .
RUN --mount=type=secret,id=ca SSL_CERT_FILE=/run/secrets/ca CGO_ENABLED=0 go build -trimpath -mod=readonly -o /usr/local/bin/k6 .

FROM ${CUDA_IMAGE}
LABEL org.opencontainers.image.title="loadcell agent, CUDA" \
      org.opencontainers.image.description="Offers load for a loadcell coordinator on NVIDIA GPUs, and runs k6 scripts" \
      org.opencontainers.image.version="0.1.0"
# What Node is linked against.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libatomic1 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s /opt/loadcell/bin/loadcell.js /usr/local/bin/loadcell \
 && install -d -m 1777 /work/results /var/cache/loadcell \
 && install -d -o 1000 -g 1000 -m 0700 /run/loadcell/join
COPY --from=agent /usr/local/bin/node /usr/local/bin/healthy /usr/local/bin/
COPY --from=k6 /usr/local/bin/k6 /usr/local/bin/k6
COPY --from=providers /opt/loadcell /opt/loadcell
# `utility` is what lets the agent observe the GPUs (NVML, nvidia-smi).
ENV NODE_ENV=production \
    XDG_CACHE_HOME=/var/cache/loadcell \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    LOADCELL_HEALTH=127.0.0.1:9465/metrics
WORKDIR /work
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT ["loadcell"]
CMD ["agent", "--join", "/run/loadcell/join", "--wait", "10m", "--metrics", "127.0.0.1:9465"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["healthy"]
