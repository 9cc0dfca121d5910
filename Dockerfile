# The chat page as an ordinary user, who can write to /data and /tmp alone.
#
#     docker build --build-arg TORCH_INDEX=… --tag ask-the-articles .
#     docker run --read-only --tmpfs /tmp --volume articles:/data --publish 127.0.0.1:7860:7860 \
#         --env RAG_ACCOUNTS=… ask-the-articles
#
# TORCH_INDEX is the address of PyTorch's CPU builds (their site names it). Without it, PyTorch's ordinary build brings
# gigabytes of CUDA libraries.

FROM python:3.11-slim AS build
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /build
COPY constraints.txt ./
RUN pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} --constraint constraints.txt torch
COPY pyproject.toml README.md LICENSE ./
COPY corpus corpus
COPY index index
COPY rag rag
COPY ui ui
RUN pip install --constraint constraints.txt .
# The question encoder and the bundled articles' index, so that a new volume has them from the beginning.
WORKDIR /data
RUN RAG_HOME=/data HF_HUB_OFFLINE=1 rag info

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin rag
COPY --from=build /venv /venv
COPY --from=build --chown=rag:rag /data /data
ENV PATH=/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    GRADIO_TEMP_DIR=/tmp/gradio \
    GRADIO_ANALYTICS_ENABLED=False \
    HF_HUB_OFFLINE=1 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    RAG_HOME=/data \
    RAG_SERVER_HOST=0.0.0.0 \
    RAG_SERVER_PORT=7860 \
    RAG_SERVER_LOG=json
USER 10001
# An index that `rag index` makes here is the one that is asked; a rag.toml here is read.
WORKDIR /data
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:7860/healthz', timeout=4)"]
ENTRYPOINT ["rag"]
CMD ["chat"]
