# The service (target `leads`: worker and command line), and the same with the sandbox to try it (target `sandbox`).
# Python's minor version and Debian's release are pinned; their security fixes come with each build. Time zones do not: they
# decide dates, so only the locked tzdata counts (PYTHONTZPATH).
ARG PYTHON=3.13-slim-trixie

FROM python:${PYTHON} AS python
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONTZPATH=

FROM python AS locked
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/venv
# Wheels only: nothing that was downloaded is run while it is installed.
COPY requirements.lock ./
RUN pip install --require-hashes --only-binary :all: -r requirements.lock

# The larger lock holds what the sandbox needs, and the build backend.
FROM locked AS build-sandbox
COPY requirements-dev.lock ./
RUN pip install --require-hashes --only-binary :all: -r requirements-dev.lock
WORKDIR /src
COPY pyproject.toml README.md worker.py ./
COPY process process
COPY workflows workflows
COPY activities activities
COPY upkeep upkeep
COPY client client
COPY ledger ledger
COPY keys keys
COPY sql sql
COPY config config
COPY starter starter
COPY templates templates
COPY sandbox sandbox
RUN pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels . \
    && pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels/sandbox ./sandbox \
    && pip install --no-deps --no-index /wheels/*.whl /wheels/sandbox/*.whl

FROM locked AS build-leads
COPY --from=build-sandbox /wheels /wheels
RUN pip install --no-deps --no-index /wheels/*.whl

FROM python AS base
RUN groupadd --gid 10001 leads \
    && useradd --uid 10001 --gid leads --home-dir /tmp --no-create-home --shell /usr/sbin/nologin leads \
    && install --directory --owner=leads --group=leads --mode=700 /credentials /data /keys
WORKDIR /srv
USER leads
CMD ["python", "-m", "worker"]
LABEL org.opencontainers.image.title="lead-to-hub" \
      org.opencontainers.image.description="Takes a lead to a running hub: one long-running Temporal workflow per lead" \
      org.opencontainers.image.licenses="BSD-3-Clause"

FROM base AS sandbox
COPY --from=build-sandbox /opt/venv /opt/venv

FROM base AS leads
COPY --from=build-leads /opt/venv /opt/venv
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
